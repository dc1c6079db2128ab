import { Module } from '@nestjs/common';
import { ActivityModule, LogModule } from '@tallystick/hosting';
import { BillingOperations } from './billing-operations.service';
import { BillingService } from './billing.service';
import { BillingSettingsService } from './billing-settings.service';
import { BillingConsumer } from './consumers/billing.consumer';
import { BillingMessages } from './consumers/billing-messages.service';
import { CreditsCatchUp } from './consumers/credits-catch-up';
import { EffectRunner } from './effects/effect-runner';
import { EffectWorker } from './effects/effect-worker';
import { InvoiceEffects } from './effects/invoice-effects';
import { LedgerEffects } from './effects/ledger-effects';
import { BillingSettingsController } from './http/billing-settings.controller';
import { DocumentsController } from './http/documents.controller';
import { BillingInvoicesController } from './http/ops-invoices.controller';
import { BillingOrganizationsController } from './http/ops-organizations.controller';
import { SubscriptionController } from './http/subscription.controller';
import { BillingOpsController } from './http/ops-billing.controller';
import { InvoiceOperations } from './invoice-operations';
import { InvoicesReader } from './invoices-reader';
import { PaymentsReader } from './payments-reader';
import { BillingDetailsRecords } from './records/billing-details-records';
import { InvoicePartiesRecords } from './records/invoice-parties';
import { InvoicePrefixes } from './records/invoice-prefixes';
import { NumberPrefixes } from './records/number-prefixes';
import { InvoiceStreamModule, SubscriptionStreamModule } from './streams/streams.module';
import { SubscriptionService } from './subscription.service';
import { BillingVerification } from './verification/billing-verification.service';

const EFFECTS = [EffectRunner, EffectWorker, InvoiceEffects, LedgerEffects];
const RECORDS = [BillingDetailsRecords, InvoicePartiesRecords, InvoicePrefixes, NumberPrefixes];
const SERVICES = [
  BillingService,
  BillingSettingsService,
  InvoiceOperations,
  InvoicesReader,
  PaymentsReader,
  SubscriptionService,
];
const CONSUMERS = [BillingMessages, CreditsCatchUp];

/** Sells plans and top-ups: subscriptions, invoices, payments. It needs a LedgerClient, and has a PaymentProvider for cards. */
@Module({
  imports: [ActivityModule, LogModule, SubscriptionStreamModule, InvoiceStreamModule],
  controllers: [
    BillingConsumer,
    SubscriptionController,
    DocumentsController,
    BillingSettingsController,
    BillingOrganizationsController,
    BillingInvoicesController,
    BillingOpsController,
  ],
  providers: [...EFFECTS, ...RECORDS, ...SERVICES, ...CONSUMERS, BillingOperations, BillingVerification],
})
export class BillingModule {}
