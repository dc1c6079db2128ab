import { Module } from '@nestjs/common';
import { PaymentProvider } from '@tallystick/contracts/billing';
import { ChargesConsumer } from './charges.consumer';
import { SandboxPaymentsController } from './sandbox-payments.controller';
import { ScriptedProvider } from './scripted-provider';

/** Plays the card provider in tests. */
@Module({
  controllers: [ChargesConsumer, SandboxPaymentsController],
  providers: [ScriptedProvider, { provide: PaymentProvider, useExisting: ScriptedProvider }],
  exports: [PaymentProvider],
})
export class ScriptedPaymentsModule {}
