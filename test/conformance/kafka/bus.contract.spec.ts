import { Logger } from '@nestjs/common';
import { checkTopics, KafkaBus, KafkaBusServer, type KafkaConnection } from '@tallystick/adapters/kafka';
import { busContract } from '@tallystick/eventing-testing';
import { describeWithKafka } from '../../support/kafka/kafka';

const DAY = 86_400_000;
const TOPICS = Array.from({ length: 16 }, (_, i) => `topic-${i + 1}`);

beforeAll(() => Logger.overrideLogger(false));
jest.setTimeout(60_000);

for (const [partitions, prefix] of [
  [1, ''],
  [3, 'shared-cluster.'],
] as const)
  describeWithKafka(`With a real broker, ${partitions} partition(s), prefix "${prefix}"`, {}, (kafka) => {
    busContract('Kafka', async () => {
      const connection: KafkaConnection = { brokers: kafka().addresses, prefix };
      await checkTopics(connection, {
        topics: TOPICS.map((name) => ({ name: prefix + name })),
        partitions,
        replication: 1,
        minInSync: 1,
        retentionMilliseconds: DAY,
      });
      const bus = new KafkaBus(connection);
      const retry = { firstMilliseconds: 2, maxMilliseconds: 10 };
      const times = { fetchMilliseconds: 100, heartbeatMilliseconds: 200 };
      return {
        bus,
        server: (group) => new KafkaBusServer(connection, { group, maxBatch: 100, retry, ...times }),
      };
    });
  });
