import { Injectable } from '@nestjs/common';
import type { LogMode } from '@tallystick/eventing';

/** The mode of the installation: that of its log. */
@Injectable()
export class InstallationMode {
  /** Undefined until the log is open, and in a process that has none. */
  recorded: LogMode | undefined;

  /** For services, which are initialized after the log is open. */
  get isTest(): boolean {
    if (this.recorded === undefined) throw new Error('The mode is known once the log is open.');
    return this.recorded === 'test';
  }
}

/** The settings that depend on the mode of the log. */
export interface ModeDependentSettings {
  readonly mode?: LogMode;
  readonly payments?: string;
  readonly stripe?: string;
}

const STRIPE_TEST = /^(sandbox$|(sk|rk)_test_)/;
const STRIPE_LIVE = /^(sk|rk)_live_/;

/** Whether the setting `TALLY_STRIPE` is a key that moves real money. */
export const isLiveKey = (stripe: string | undefined): boolean => STRIPE_LIVE.test(stripe ?? '');

/** Why the settings do not fit the mode of the log. Undefined if they do. */
export function modeConflict(
  log: LogMode,
  { mode, payments, stripe }: ModeDependentSettings,
  hasSandboxClock: boolean,
): string | undefined {
  if (mode !== undefined && mode !== log)
    return `TALLY_MODE is "${mode}", but the log is in ${log} mode, which it keeps: start a new log for ${mode} mode, with --data or TALLY_EVENT_STORE.`;
  if (log === 'test')
    return isLiveKey(stripe)
      ? 'TALLY_STRIPE is a live key, but the log is in test mode: use a test key, or start a new log with TALLY_MODE=live.'
      : undefined;
  const testOnly =
    (hasSandboxClock && 'TALLY_CLOCK is "sandbox"') ||
    (payments === 'scripted' && 'TALLY_PAYMENTS is "scripted"') ||
    (STRIPE_TEST.test(stripe ?? '') && 'TALLY_STRIPE is for tests');
  return testOnly
    ? `${testOnly}, but the log is in live mode: leave the setting out, or start a new log with TALLY_MODE=test.`
    : undefined;
}
