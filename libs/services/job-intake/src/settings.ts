import { CATALOG_SETTINGS } from '@tallystick/catalog';
import { type CommonSettings, onOff, type SettingValues, whole } from '@tallystick/hosting';

/** The settings of job-intake. */
export const INTAKE_SETTINGS = {
  ...CATALOG_SETTINGS,
  batchSize: whole(
    { name: 'TALLY_MAX_BATCH', default: '1000', purpose: 'The most jobs or events in one request.' },
    1,
    1_000,
  ),
  projectKeysMayEndJobs: onOff({
    name: 'TALLY_PROJECT_KEYS_MAY_END_JOBS',
    default: 'off',
    purpose:
      'Whether project keys may report outcomes and heartbeats, for jobs of their project. Off: only service and operator keys, and the bus.',
  }),
} as const;

export type IntakeSettings = SettingValues<typeof INTAKE_SETTINGS> & CommonSettings;
