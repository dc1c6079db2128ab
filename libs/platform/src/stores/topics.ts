import type { TopicsSettings } from '@tallystick/adapters/kafka';
import { DAY } from '@tallystick/contracts/http';
import type { ServiceDefinition } from '@tallystick/hosting';
import type { Configuration } from '../configuration';

/** The topics of Kafka that the services of the process own or read. */
export function topicsOf(configuration: Configuration, services: readonly ServiceDefinition[]): TopicsSettings {
  const owned = services.flatMap(({ topics }) => topics);
  const read = services.flatMap(({ consumes }) => consumes.map((name) => ({ name })));
  const byName = new Map([...read, ...owned].map((topic) => [topic.name, topic]));
  return {
    topics: [...byName.values()],
    partitions: configuration.kafkaPartitions,
    replication: configuration.kafkaReplication,
    minInSync: configuration.kafkaMinInSync,
    retentionMilliseconds: configuration.busRetentionDays * DAY,
  };
}
