import { Module } from '@nestjs/common';
import { PaymentProvider } from '@tallystick/contracts/billing';
import { ActivityModule, CONFIGURATION, type CommonSettings } from '@tallystick/hosting';
import { ChargesConsumer } from './charges.consumer';
import { SandboxPaymentsController } from './sandbox-payments.controller';
import { ScriptedProvider } from './scripted-provider';

/** Plays the card provider in tests, where `TALLY_PAYMENTS` is `scripted`. */
@Module({
  imports: [ActivityModule],
  controllers: [ChargesConsumer, SandboxPaymentsController],
  providers: [
    ScriptedProvider,
    {
      provide: PaymentProvider,
      inject: [CONFIGURATION, ScriptedProvider],
      useFactory: ({ payments }: CommonSettings, provider: ScriptedProvider) =>
        payments === 'scripted' ? provider : undefined,
    },
  ],
  exports: [PaymentProvider],
})
export class ScriptedPaymentsModule {}
