import { InstallationMode, isLiveKey, modeConflict, type ModeDependentSettings } from './installation-mode';

test.each<['live' | 'test', ModeDependentSettings, boolean, RegExp | undefined]>([
  ['live', {}, false, undefined],
  ['live', { mode: 'live', payments: 'none', stripe: 'sk_live_1' }, false, undefined],
  ['live', { mode: 'test' }, false, /^TALLY_MODE is "test", but the log is in live mode, which it keeps: /],
  ['live', {}, true, /^TALLY_CLOCK is "sandbox", but the log is in live mode: /],
  ['live', { payments: 'scripted' }, false, /^TALLY_PAYMENTS is "scripted", but the log is in live mode: /],
  ['live', { stripe: 'sandbox' }, false, /^TALLY_STRIPE is for tests, but the log is in live mode: /],
  ['live', { stripe: 'rk_test_1' }, false, /^TALLY_STRIPE is for tests, but/],
  ['test', {}, false, undefined],
  ['test', { mode: 'test', payments: 'scripted', stripe: 'sandbox' }, true, undefined],
  ['test', { stripe: 'sk_test_1' }, true, undefined],
  ['test', { mode: 'live' }, false, /^TALLY_MODE is "live", but the log is in test mode, which it keeps: /],
  ['test', { stripe: 'sk_live_1' }, false, /^TALLY_STRIPE is a live key, but the log is in test mode: /],
  ['test', { stripe: 'rk_live_1' }, true, /^TALLY_STRIPE is a live key, but/],
])('a log in %s mode with %j and a sandbox clock: %s', (log, settings, hasSandboxClock, conflict) => {
  const found = modeConflict(log, settings, hasSandboxClock);
  if (conflict === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(conflict);
  expect(found ?? '').not.toContain('_live_1');
});

test('only a live key moves money', () => {
  expect(['sk_live_1', 'rk_live_1'].every(isLiveKey)).toBe(true);
  expect(['sandbox', 'sk_test_1', 'live', undefined].some(isLiveKey)).toBe(false);
});

test('the mode is known once the log is open', () => {
  const mode = new InstallationMode();
  expect(() => mode.isTest).toThrow('once the log is open');
  mode.recorded = 'test';
  expect(mode.isTest).toBe(true);
  mode.recorded = 'live';
  expect(mode.isTest).toBe(false);
});
