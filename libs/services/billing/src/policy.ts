import { CATALOG } from '@tallystick/catalog';
import type { BillingPolicy } from '@tallystick/domain/billing';
import type { Catalog } from '@tallystick/domain/catalog';
import { CONFIGURATION, InstallationMode } from '@tallystick/hosting';
import type { BillingSettings } from './settings';

/** The token of the `BillingPolicy` by which billing decides. */
export const BILLING_POLICY = Symbol('BILLING_POLICY');

export const policyProvider = {
  provide: BILLING_POLICY,
  inject: [CATALOG, CONFIGURATION, InstallationMode],
  useFactory: (
    catalog: Catalog,
    { paymentTermsDays, offerMinutes, confirmationHours }: BillingSettings,
    installation: InstallationMode,
  ): BillingPolicy => ({
    catalog,
    catalogAt: () => catalog,
    // (known once the log is open, which is later than this)
    get mode() {
      return installation.isTest ? 'test' : 'live';
    },
    paymentTermsDays,
    offerMinutes,
    confirmationHours,
  }),
};
