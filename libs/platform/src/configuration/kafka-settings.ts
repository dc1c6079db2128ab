import { whole } from '@tallystick/hosting';

/** Of the topics that are made, or checked at the start, and of consumers. */
export const KAFKA_SETTINGS = {
  kafkaPartitions: whole(
    {
      name: 'TALLY_KAFKA_PARTITIONS',
      default: '12',
      purpose: 'Partitions of a topic of Kafka that is made: the most ledger replicas that share its work.',
    },
    1,
    1_024,
  ),
  kafkaReplication: whole(
    {
      name: 'TALLY_KAFKA_REPLICATION',
      purpose: 'Copies of each of Kafka’s topics. Unset: 3, or as many as there are brokers.',
    },
    1,
    32,
  ),
  kafkaMinInSync: whole(
    {
      name: 'TALLY_KAFKA_MIN_IN_SYNC',
      purpose: 'Copies that a message is on before it counts as taken. Unset: one less than copies, at least 1.',
    },
    1,
    32,
  ),
  kafkaBatch: whole(
    {
      name: 'TALLY_KAFKA_BATCH',
      default: '500',
      purpose: 'The most messages of Kafka that are decided together.',
    },
    1,
    10_000,
  ),
  kafkaSessionMilliseconds: whole(
    {
      name: 'TALLY_KAFKA_SESSION_MS',
      default: '10000',
      purpose: 'Milliseconds that a replica may be silent before its partitions go to the others.',
    },
    500,
    300_000,
  ),
} as const;
