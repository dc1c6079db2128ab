import { BILLING_EVENTS, PAYMENTS_EVENTS, SCRIPTED_PAYMENTS_ROUTES } from '@tallystick/contracts/billing';
import type { ServiceDefinition } from '@tallystick/hosting';
import { SCRIPTED_COLLECTIONS } from './collections';
import { ScriptedPaymentsModule } from './scripted-payments.module';

export const scriptedPayments = {
  name: 'scripted-payments',
  module: ScriptedPaymentsModule,
  categories: [],
  topics: [{ name: PAYMENTS_EVENTS }],
  consumes: [BILLING_EVENTS],
  collections: Object.values(SCRIPTED_COLLECTIONS),
  settings: {},
  routes: SCRIPTED_PAYMENTS_ROUTES,
} as const satisfies ServiceDefinition;
