import { CATALOG_SETTINGS } from '@tallystick/catalog';
import { type CommonSettings, type SettingValues, STREAM_SETTINGS, whole } from '@tallystick/hosting';

/** The settings of the ledger. */
export const LEDGER_SETTINGS = {
  ...STREAM_SETTINGS,
  ...CATALOG_SETTINGS,
  jobWindowDays: whole(
    {
      name: 'TALLY_JOB_WINDOW_DAYS',
      default: '35',
      purpose: 'Days for which an ended job is known; older jobs are refused as stale.',
    },
    1,
    3650,
  ),
  maxOpenJobs: whole(
    {
      name: 'TALLY_MAX_OPEN_JOBS',
      default: '100000',
      purpose: 'The most jobs of one organization that may wait for their end at once.',
    },
    1,
    10_000_000,
  ),
  maxEarlyOutcomes: whole(
    {
      name: 'TALLY_MAX_EARLY_OUTCOMES',
      default: '10000',
      purpose: 'The most outcomes of one organization that may wait for their job’s submission.',
    },
    1,
    10_000_000,
  ),
  retentionDays: whole(
    {
      name: 'TALLY_RETENTION_DAYS',
      purpose:
        'Days for which a job’s details are kept where neither organization nor project says so. Unset: as the catalog says.',
    },
    0,
    3650,
  ),
} as const;

export type LedgerSettings = SettingValues<typeof LEDGER_SETTINGS> & CommonSettings;
