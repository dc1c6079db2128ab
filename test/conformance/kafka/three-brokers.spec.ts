import { Logger } from '@nestjs/common';
import { checkTopics, KafkaBus, type KafkaConnection } from '@tallystick/adapters/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { messages, Servers, text, until } from '../../support/kafka/bus-fixture';
import { describeWithKafka } from '../../support/kafka/kafka';

jest.setTimeout(120_000);
beforeAll(() => Logger.overrideLogger(false));
const KEYS = Array.from({ length: 12 }, (_, i) => `org-${i}`);

describeWithKafka('Three brokers', { brokers: 3 }, (kafka) => {
  let connection: KafkaConnection;
  const servers = new Servers(() => connection);
  beforeAll(() => void (connection = { brokers: kafka().addresses, requestMilliseconds: 5_000 }));
  afterAll(() => servers.close());

  test('a partition leader that is killed under load loses no confirmed message and keeps the order of each key', async () => {
    const topics = [{ name: 'replicated' }];
    const settings = {
      topics,
      partitions: 6,
      replication: 3,
      minInSync: 2,
      retentionMilliseconds: 86_400_000,
    };
    await checkTopics(connection, settings);
    const bus = new KafkaBus(connection);
    const confirmed: string[] = [];
    const seen: string[] = [];
    const server = servers.start('readers', 'replicated', async (batch) => seen.push(...batch.map(text)));
    const stopping = { now: false };
    let next = 0;
    const load = async () => {
      for (let round = 0; !stopping.now; round++) {
        const number = next++;
        const batch = KEYS.flatMap((key) => messages(key, `${key} ${number}`));
        const done = await bus.publish('replicated', batch).then(
          () => true,
          () => false,
        );
        if (done) confirmed.push(...batch.map(text));
      }
    };
    const loading = Promise.all([load(), load(), load()]);
    await until(() => confirmed.length > 1_000 && server.ready);
    const leader = await leaderOf(connection, 'replicated');
    await kafka().brokers[leader - 1]!.kill();
    const before = confirmed.length;
    await until(() => confirmed.length > before + 1_000, 60_000);
    stopping.now = true;
    await loading;
    await until(() => {
      const there = new Set(seen);
      return confirmed.every((it) => there.has(it));
    }, 60_000);
    await until(() => server.ready);
    await bus.close();
    // Messages that were sent again after the kill are duplicated. The first of each is in order.
    for (const key of KEYS) {
      const own = [...new Set(seen)].filter((it) => it.startsWith(`${key} `)).map((it) => Number(it.slice(key.length)));
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });
});

async function leaderOf({ brokers }: KafkaConnection, topic: string): Promise<number> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  return topics[0]!.partitions[0]!.leader;
}
