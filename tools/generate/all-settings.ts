import type { Setting } from '@tallystick/hosting';
import { PLATFORM_SETTINGS, remoteBilling, remoteLedger, settingsOf } from '@tallystick/platform';
import { standalone } from '../../apps/standalone/src/standalone';

/** Every setting of the platform, the services and the processes, in the order of the documentation. */
export const ALL_SETTINGS: readonly Setting<unknown>[] = Object.values({
  ...PLATFORM_SETTINGS,
  ...settingsOf({ ...standalone, remotes: [remoteLedger, remoteBilling] }),
});
