import { DELETED_DETAILS, DETAILS } from '@tallystick/contracts/intake';
import { CREDITS_EVENTS, JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { ServiceDefinition } from '@tallystick/hosting';
import { JobIntakeModule } from './job-intake.module';
import { INTAKE_SETTINGS } from './settings';

export const jobIntake = {
  name: 'job-intake',
  module: JobIntakeModule,
  categories: [],
  topics: [{ name: JOBS_LIFECYCLE }],
  consumes: [CREDITS_EVENTS, JOBS_DECISIONS],
  // Before services had groups of their own, the embedded bus and a standalone process on Kafka had these.
  formerConsumerGroups: ['tallystick', 'tallystick.standalone'],
  collections: [DETAILS, DELETED_DETAILS],
  collectionsByClock: [DETAILS, DELETED_DETAILS],
  settings: INTAKE_SETTINGS,
  routes: ['v1/jobs', 'v1/events', 'v1/preview', 'v1/catalog'],
} as const satisfies ServiceDefinition;
