import { collectionsOf, STREAM_COLLECTIONS } from '@tallystick/hosting';

/** The record collections of billing. They hold names and addresses, which streams do not, and can be corrected and erased. */
export const COLLECTIONS = collectionsOf('billing', [
  'details',
  'invoice-parties',
  'prefixes',
  'prefix-holders',
  'first-start',
  'operations',
]);

export const SUBSCRIPTIONS = 'subscription';
export const INVOICES = 'invoice';

/** The record collections of its streams. */
export const STREAM_RECORDS = [SUBSCRIPTIONS, INVOICES].flatMap((category) =>
  Object.values(collectionsOf(category, STREAM_COLLECTIONS)),
);
