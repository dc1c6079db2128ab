import { BILLING_EVENTS, BILLING_ROUTES, PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import { CREDITS_EVENTS, deadLettersOf } from '@tallystick/contracts/ledger';
import type { ServiceDefinition } from '@tallystick/hosting';
import { BillingModule } from './billing.module';
import { COLLECTIONS, INVOICES, STREAM_RECORDS, SUBSCRIPTIONS } from './collections';
import { BILLING_SETTINGS } from './settings';

export const billing = {
  name: 'billing',
  module: BillingModule,
  categories: [SUBSCRIPTIONS, INVOICES],
  topics: [{ name: BILLING_EVENTS }, { name: deadLettersOf(PAYMENTS_EVENTS) }],
  consumes: [PAYMENTS_EVENTS, CREDITS_EVENTS],
  collections: [...Object.values(COLLECTIONS), ...STREAM_RECORDS],
  settings: BILLING_SETTINGS,
  routes: BILLING_ROUTES,
} as const satisfies ServiceDefinition;
