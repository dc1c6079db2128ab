import { Module } from '@nestjs/common';
import { ActivityModule, LogModule } from '@tallystick/hosting';
import { ClockAdvance } from './clock-advance';
import { SandboxClockController } from './sandbox.controller';

/** The sandbox clock of the standalone form. */
@Module({
  imports: [ActivityModule, LogModule],
  controllers: [SandboxClockController],
  providers: [ClockAdvance],
})
export class SandboxModule {}
