import type { CommonSettings } from './common-settings';
import { type SettingValues, whole } from './setting';

/** Settings of every service that keeps streams. */
export const STREAM_SETTINGS = {
  snapshotEvery: whole(
    {
      name: 'TALLY_SNAPSHOT_EVERY',
      default: '1000',
      purpose: 'Events of a stream after which its state is written as a snapshot.',
    },
    10,
    1_000_000,
  ),
  cachedOrganizations: whole(
    {
      name: 'TALLY_CACHED_ORGANIZATIONS',
      default: '10000',
      purpose: 'Organizations whose state is kept in memory.',
    },
    1,
    1_000_000,
  ),
  sealEventsPerSecond: whole(
    {
      name: 'TALLY_SEAL_EVENTS_PER_SECOND',
      default: '5000',
      purpose: 'Events of older streams that are read each second, in the background, to seal their history.',
    },
    10,
    1_000_000,
  ),
  readWaitMilliseconds: whole(
    {
      name: 'TALLY_READ_WAIT_MS',
      default: '5000',
      purpose: 'Milliseconds that a read of a view waits for what was written before it, or for `atLeastRevision`.',
    },
    0,
    60_000,
  ),
  maxViewLagSeconds: whole(
    {
      name: 'TALLY_MAX_VIEW_LAG_SECONDS',
      default: '30',
      purpose:
        'Seconds that the views may be behind the end of the log; beyond, `/health/ready` says 503 until they have caught up.',
    },
    1,
    86_400,
  ),
} as const;

export type StreamSettings = SettingValues<typeof STREAM_SETTINGS> & CommonSettings;
