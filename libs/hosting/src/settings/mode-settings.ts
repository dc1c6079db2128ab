import { oneOf, whole } from './setting';

/** Settings that decide whether an installation is live or for tests, by which clock it decides, and who carries payments. */
export const MODE_SETTINGS = {
  mode: oneOf(
    {
      name: 'TALLY_MODE',
      purpose:
        'The mode of a new log, which keeps it: `live`, or `test`, which permits the sandbox clock and test payments. Unset: test where only this machine reaches `TALLY_LISTEN`, `NODE_ENV` is not `production` and `TALLY_STRIPE` is not a live key; else live.',
    },
    'live',
    'test',
  ),
  clock: oneOf(
    {
      name: 'TALLY_CLOCK',
      purpose:
        'The clock of all decisions. `sandbox`: it does not move until an operator advances it (standalone form, log in test mode). Unset: `sandbox` where the data directory has a sandbox clock, else `system`.',
    },
    'system',
    'sandbox',
  ),
  payments: oneOf(
    {
      name: 'TALLY_PAYMENTS',
      default: 'none',
      purpose:
        'The card provider, in addition to payments that an operator records. `scripted` plays one in tests and needs `TALLY_CLOCK=sandbox`; `stripe` is not part of this version.',
    },
    'none',
    'scripted',
    'stripe',
  ),
  clockIdleSeconds: whole(
    {
      name: 'TALLY_CLOCK_IDLE_SECONDS',
      default: '60',
      purpose:
        'Seconds that an advance of the sandbox clock waits at one instant for all work to end; then it stops there (503).',
    },
    1,
    3_600,
  ),
} as const;
