import { collectionsOf } from '@tallystick/hosting';

/** `scripts`: by organization. `charges`: by organization and charge. */
export const SCRIPTED_COLLECTIONS = collectionsOf('scripted-payments', ['scripts', 'charges']);
