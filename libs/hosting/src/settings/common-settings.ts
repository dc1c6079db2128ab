import { MODE_SETTINGS } from './mode-settings';
import { type SettingValues, whole } from './setting';

/** Settings that every service reads. */
export const COMMON_SETTINGS = {
  pageSize: whole(
    { name: 'TALLY_PAGE_SIZE', default: '50', purpose: 'Rows of a list where the caller names no `limit`.' },
    1,
    1000,
  ),
  maxPageSize: whole(
    {
      name: 'TALLY_MAX_PAGE_SIZE',
      default: '1000',
      purpose: 'The most rows of a list that may be asked for.',
    },
    1,
    1_000,
  ),
  maxAheadSeconds: whole(
    {
      name: 'TALLY_MAX_AHEAD_SECONDS',
      default: '600',
      purpose: 'Seconds by which the time in a message may be ahead of the clock.',
    },
    0,
    86_400,
  ),
  patienceMilliseconds: whole(
    {
      name: 'TALLY_PATIENCE_MS',
      default: '4500',
      purpose:
        'Milliseconds for which a request waits for an event store that does not answer, or for anything once the service is not ready; then it is answered 503.',
    },
    100,
    60_000,
  ),
  ...MODE_SETTINGS,
} as const;

/** Flags by which the operator confirms an exception for one start. */
export interface Confirmations {
  /** The clock is right although it is far ahead of the log. */
  readonly acceptClock: boolean;
  /** The log is shorter than what was read of it before: continue with what it has. */
  readonly acceptTruncatedLog: boolean;
  /** The record store is empty although the log has events: continue without the records. */
  readonly newRecords: boolean;
  /** The catalog has another id than the one that the log records: continue with it. */
  readonly changeCatalog: boolean;
}

export type CommonSettings = SettingValues<typeof COMMON_SETTINGS> & Confirmations;

/** The rows of a page: as many as were asked for, at most the maximum. */
export const pageLimit = (
  asked: number | undefined,
  { pageSize, maxPageSize }: Pick<CommonSettings, 'pageSize' | 'maxPageSize'>,
): number => Math.min(asked ?? pageSize, maxPageSize);
