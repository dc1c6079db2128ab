import { Logger } from '@nestjs/common';
import { KafkaBus, type KafkaConnection } from '@tallystick/adapters/kafka';
import { makeTopics, messages, numbers, QUICK, Servers, text, until } from '../../support/kafka/bus-fixture';
import { describeWithKafka } from '../../support/kafka/kafka';

beforeAll(() => Logger.overrideLogger(false));
jest.setTimeout(120_000);

describeWithKafka('A consumer group with a former group', {}, (kafka) => {
  let connection: KafkaConnection;
  let bus: KafkaBus;
  let servers: Servers;
  beforeAll(() => {
    connection = { brokers: kafka().addresses, prefix: 'shared.', ...QUICK };
    bus = new KafkaBus(connection);
    servers = new Servers(() => connection);
  });
  afterEach(() => servers.close());
  afterAll(() => bus.close());

  const formerGroups = ['absent', 'former'];
  const collect = (seen: string[]) => async (batch: readonly { value: Uint8Array }[]) => seen.push(...batch.map(text));

  test('starts where it stood, in two replicas, and only once', async () => {
    await makeTopics({ ...connection, prefix: '' }, 3, 'shared.handed-over');
    const former: string[] = [];
    for (const key of ['a', 'b', 'c', 'd']) await bus.publish('handed-over', messages(key, ...numbers(0, 5)));
    const old = servers.start('former', 'handed-over', collect(former));
    await until(() => former.length === 20);
    await old.close();
    for (const key of ['a', 'b', 'c', 'd']) await bus.publish('handed-over', messages(key, ...numbers(5, 8)));

    const seen: string[] = [];
    for (const _ of [1, 2]) servers.start('own', 'handed-over', collect(seen), { formerGroups });
    await until(() => seen.length >= 12);
    await servers.close();
    expect(seen.sort()).toEqual(['5', '6', '7'].flatMap((value) => [value, value, value, value]));

    const again: string[] = [];
    servers.start('former', 'handed-over', collect([]));
    servers.start('own', 'handed-over', collect(again), { formerGroups });
    await bus.publish('handed-over', messages('a', 'last'));
    await until(() => again.length > 0);
    expect(again).toEqual(['last']);
  });

  test('starts at the beginning of a topic that the former group has not read', async () => {
    await makeTopics({ ...connection, prefix: '' }, 1, 'shared.fresh');
    await bus.publish('fresh', messages('k', '1', '2'));
    const seen: string[] = [];
    servers.start('another', 'fresh', collect(seen), { formerGroups });
    await until(() => seen.length === 2);
  });
});
