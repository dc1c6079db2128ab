import { CATALOG_SETTINGS } from '@tallystick/catalog';
import { isTime, toInstant } from '@tallystick/contracts/http';
import { type CommonSettings, setting, type SettingValues, STREAM_SETTINGS, whole } from '@tallystick/hosting';

/** The settings of billing. */
export const BILLING_SETTINGS = {
  ...STREAM_SETTINGS,
  ...CATALOG_SETTINGS,
  billingFrom: setting(
    {
      name: 'TALLY_BILLING_FROM',
      purpose:
        'Usage before this instant is never billed. It is stored at the first start of billing on a log with organizations; later values are not read. Default: that first start.',
    },
    'an instant such as 2026-01-01T00:00:00Z',
    (value) => (isTime(value) ? toInstant(value) : undefined),
  ),
  paymentTermsDays: whole(
    {
      name: 'TALLY_PAYMENT_TERMS_DAYS',
      default: '14',
      purpose: 'Days after which an invoice that is paid by hand is past due, unless the organization has its own.',
    },
    1,
    365,
  ),
  offerMinutes: whole(
    {
      name: 'TALLY_OFFER_MINUTES',
      default: '10',
      purpose: 'Minutes for which the offer of a plan change can be confirmed.',
    },
    1,
    1_440,
  ),
  confirmationHours: whole(
    {
      name: 'TALLY_CONFIRMATION_HOURS',
      default: '24',
      purpose: 'Hours for which a charge may be processing or wait for the customer. After that it has failed.',
    },
    1,
    168,
  ),
  catchUpMinutes: whole(
    {
      name: 'TALLY_BILLING_CATCH_UP_MINUTES',
      default: '60',
      purpose:
        'Minutes after which billing reads the closes of periods from the log, in case that the bus has lost one.',
    },
    1,
    10_080,
  ),
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
