import type { LogMode } from '@tallystick/eventing';
import { isHere, isLiveKey, type SettingValues } from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';
import { isLoopback } from '../http/access/hosts';
import type { PLATFORM_SETTINGS } from './settings';

type PlatformSettings = SettingValues<typeof PLATFORM_SETTINGS>;

/** Throws StartupError for settings that contradict each other. */
export function assertConsistent(settings: PlatformSettings): void {
  const { pageSize, maxPageSize, ledgerKey, operatorKey } = settings;
  if (pageSize > maxPageSize)
    throw new StartupError(
      `TALLY_PAGE_SIZE is "${pageSize}": it must not be greater than TALLY_MAX_PAGE_SIZE, ${maxPageSize}.`,
    );
  // A key with two roles opens more than it should.
  if (ledgerKey !== undefined && ledgerKey === operatorKey)
    throw new StartupError('TALLY_LEDGER_KEY is the same as TALLY_OPERATOR_KEY: give each a key of its own.');
  assertSandbox(settings);
}

function assertSandbox({ payments, clock, eventStore, views, bus }: PlatformSettings): void {
  if (payments === 'stripe')
    throw new StartupError(
      'TALLY_PAYMENTS is "stripe": the Stripe gateway is not part of this version. Set it to none.',
    );
  if (payments === 'scripted' && clock !== 'sandbox')
    throw new StartupError('TALLY_PAYMENTS is "scripted": it needs TALLY_CLOCK=sandbox.');
  const places = { TALLY_EVENT_STORE: eventStore, TALLY_VIEWS: views, TALLY_BUS: bus };
  const remote = Object.entries(places).find(([, place]) => !isHere(place));
  if (clock === 'sandbox' && remote)
    throw new StartupError(
      `TALLY_CLOCK is "sandbox", but ${remote[0]} is on a server: a sandbox clock needs all stores on this machine.`,
    );
}

/** As `TALLY_MODE` says; unset, an installation that only this machine reaches is assumed to be a trial. */
export const newLogModeOf = ({ mode, listen, stripe }: PlatformSettings, isProduction: boolean): LogMode =>
  mode ?? (isLoopback(listen.host) && !isProduction && !isLiveKey(stripe) ? 'test' : 'live');
