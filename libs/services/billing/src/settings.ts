import { CATALOG_SETTINGS } from '@tallystick/catalog';
import { type CommonSettings, type SettingValues, STREAM_SETTINGS, whole } from '@tallystick/hosting';

/** The settings of billing. */
export const BILLING_SETTINGS = {
  ...STREAM_SETTINGS,
  ...CATALOG_SETTINGS,
  effectWaitMilliseconds: whole(
    {
      name: 'TALLY_BILLING_WAIT_MS',
      default: '5000',
      purpose:
        'Milliseconds for which an answer of billing waits until what it decided is carried out: invoices written, credits granted. After that it goes on in the background.',
    },
    0,
    60_000,
  ),
  chargeWaitMilliseconds: whole(
    {
      name: 'TALLY_CHARGE_WAIT_MS',
      default: '2000',
      purpose: 'Milliseconds for which a purchase waits for the outcome of its charge before it is answered.',
    },
    0,
    60_000,
  ),
} as const;

export type BillingSettings = SettingValues<typeof BILLING_SETTINGS> & CommonSettings;
