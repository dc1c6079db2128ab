import { collectionsOf } from '@tallystick/hosting';

/** `scripts`: by organization. `charges`: by organization and charge. `invoices`: ids by organization and number. */
export const SCRIPTED_COLLECTIONS = collectionsOf('scripted-payments', ['scripts', 'charges', 'invoices']);
