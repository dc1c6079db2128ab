import { allAdapters, type ProcessDefinition } from '@tallystick/platform';
import { billing } from '@tallystick/services/billing';
import { creditLedger } from '@tallystick/services/credit-ledger';
import { jobIntake } from '@tallystick/services/job-intake';
import { scriptedPayments } from '@tallystick/services/scripted-payments';
import { DEMO_SETTINGS } from './demo/settings';

/** All services in one process. */
export const standalone = {
  name: 'standalone',
  services: [creditLedger, jobIntake, billing, scriptedPayments],
  adapters: allAdapters,
  isStandalone: true,
  settings: DEMO_SETTINGS,
} as const satisfies ProcessDefinition<typeof DEMO_SETTINGS>;
