import type { TopicsSettings } from '@tallystick/adapters/kafka';
import { CREDITS_EVENTS, deadLettersOf, JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { Configuration } from '../configuration';

const DAY = 86_400_000;
/** Kafka's own limit, and room for what a dead letter says besides. */
const DEAD_LETTER_BYTES = 1_048_588 + 131_072;

/** The topics that Tallystick has on Kafka, as the settings want them. */
export const topicsOf = (configuration: Configuration): TopicsSettings => ({
  topics: [
    { name: JOBS_LIFECYCLE },
    { name: JOBS_DECISIONS },
    { name: CREDITS_EVENTS },
    { name: deadLettersOf(JOBS_LIFECYCLE), maxMessageBytes: DEAD_LETTER_BYTES },
  ],
  partitions: configuration.kafkaPartitions,
  replication: configuration.kafkaReplication,
  minInSync: configuration.kafkaMinInSync,
  retentionMilliseconds: configuration.busRetentionDays * DAY,
});
