import { CATALOG } from '@tallystick/catalog';
import type { Catalog } from '@tallystick/domain/catalog';
import type { Policy } from '@tallystick/domain/ledger';
import { CONFIGURATION } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import type { LedgerSettings } from './settings';

/** The token of the `Policy` by which the ledger decides. */
export const POLICY = Symbol('POLICY');

export const policyProvider = {
  provide: POLICY,
  inject: [CATALOG, CONFIGURATION, Clock],
  useFactory: (
    catalog: Catalog,
    { jobWindowDays, maxOpenJobs, maxEarlyOutcomes }: LedgerSettings,
    clock: Clock,
  ): Policy => ({
    catalog,
    jobWindowDays,
    maxOpenJobs,
    maxEarlyOutcomes,
    ignoresTimeInIds: clock.isSandbox,
  }),
};
