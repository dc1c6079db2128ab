import { CatalogVersions } from '@tallystick/catalog';
import type { BillingPolicy } from '@tallystick/domain/billing';
import { CONFIGURATION, InstallationMode } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import type { BillingSettings } from './settings';

/** The token of the `BillingPolicy` by which billing decides. */
export const BILLING_POLICY = Symbol('BILLING_POLICY');

export const policyProvider = {
  provide: BILLING_POLICY,
  inject: [CatalogVersions, Clock, InstallationMode, CONFIGURATION],
  useFactory: async (
    versions: CatalogVersions,
    clock: Clock,
    installation: InstallationMode,
    { paymentTermsDays, offerMinutes, confirmationHours }: BillingSettings,
  ): Promise<BillingPolicy> => {
    const catalogAt = await versions.timeline();
    return {
      get catalog() {
        return catalogAt(clock.instant());
      },
      catalogAt,
      // (known once the log is open, which is later than this)
      get mode() {
        return installation.isTest ? 'test' : 'live';
      },
      paymentTermsDays,
      offerMinutes,
      confirmationHours,
    };
  },
};
