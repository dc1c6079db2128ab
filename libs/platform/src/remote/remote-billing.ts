import { Module } from '@nestjs/common';
import { ServiceProxy } from '@tallystick/adapters/http';
import { BILLING_ROUTES } from '@tallystick/contracts/billing';
import { CONFIGURATION, type SettingValues, urls } from '@tallystick/hosting';
import type { Configuration } from '../configuration';
import type { RemoteService } from './remote-service';

const SETTINGS = {
  billingUrls: urls({
    name: 'TALLY_BILLING_URL',
    purpose:
      'job-intake in a process of its own only: the TALLY_INTERNAL_LISTEN of its billing service, of each replica or of all by one name. Unset: an installation without billing.',
  }),
} as const;

type RemoteBillingSettings = SettingValues<typeof SETTINGS> & Configuration;

const PROXY = Symbol('BILLING_PROXY');

/** Forwards the routes of billing to its processes. */
@Module({ providers: [{ provide: PROXY, inject: [CONFIGURATION], useFactory: proxyOf }] })
class RemoteBillingModule {}

export const remoteBilling: RemoteService = {
  name: 'billing',
  module: RemoteBillingModule,
  settings: SETTINGS,
  routes: BILLING_ROUTES,
  proxy: PROXY,
};

/** Undefined without an address. Billing that does not answer leaves jobs untouched, so it is no reason to be unready. */
function proxyOf({ billingUrls, requestTimeoutSeconds }: RemoteBillingSettings): ServiceProxy | undefined {
  return billingUrls && new ServiceProxy(billingUrls, requestTimeoutSeconds * 1_000);
}
