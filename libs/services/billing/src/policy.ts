import { CATALOG, CatalogVersions } from '@tallystick/catalog';
import type { BillingPolicy } from '@tallystick/domain/billing';
import type { Catalog } from '@tallystick/domain/catalog';
import { CONFIGURATION } from '@tallystick/hosting';
import type { BillingSettings } from './settings';

/** The token of the `BillingPolicy` by which billing decides. */
export const BILLING_POLICY = Symbol('BILLING_POLICY');

export const policyProvider = {
  provide: BILLING_POLICY,
  inject: [CATALOG, CatalogVersions, CONFIGURATION],
  useFactory: async (
    catalog: Catalog,
    versions: CatalogVersions,
    { paymentTermsDays, offerMinutes, confirmationHours }: BillingSettings,
  ): Promise<BillingPolicy> => ({
    catalog,
    catalogAt: await versions.inForce(),
    mode: 'test',
    paymentTermsDays,
    offerMinutes,
    confirmationHours,
  }),
};
