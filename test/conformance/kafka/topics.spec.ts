import { Logger } from '@nestjs/common';
import {
  checkTopics,
  KafkaBus,
  KafkaUnusable,
  KafkaBusServer,
  openKafka,
  type KafkaConnection,
  type TopicsSettings,
} from '@tallystick/adapters/kafka';
import { BusUnavailable } from '@tallystick/eventing';
import { messages, QUICK, text, until } from '../../support/kafka/bus-fixture';
import { describeWithKafka } from '../../support/kafka/kafka';
import { PASSWORD, USER } from '../../support/kafka/security';

jest.setTimeout(60_000);
beforeAll(() => Logger.overrideLogger(false));

const SETTINGS: TopicsSettings = {
  topics: [{ name: 'jobs.lifecycle' }, { name: 'short', retentionMilliseconds: 3_600_000 }],
  partitions: 3,
  replication: 1,
  minInSync: 1,
  retentionMilliseconds: 604_800_000,
};

describeWithKafka('Topics and the way to them', { secured: true }, (kafka) => {
  let connection: KafkaConnection;
  let secured: KafkaConnection;
  beforeAll(() => {
    const { address, certificate } = kafka().secured!;
    connection = { brokers: kafka().addresses, ...QUICK };
    secured = { brokers: [address], tls: { ca: certificate }, ...QUICK };
  });
  const check = (settings: TopicsSettings, to = connection, startMilliseconds = 5_000) =>
    checkTopics(to, settings, { startMilliseconds });
  const complaint = (checking: Promise<void>): Promise<string> =>
    checking.then(
      () => 'none',
      (error: unknown) => (error instanceof KafkaUnusable ? error.message : `not plain: ${String(error)}`),
    );

  test('several processes at once make the topics; later ones find them as they should be', async () => {
    await Promise.all([check(SETTINGS), check(SETTINGS), check(SETTINGS)]);
    expect(await complaint(check(SETTINGS))).toBe('none');
    expect(await complaint(check({ ...SETTINGS, partitions: 12 }))).toBe('none');
  });

  test.each<[string, Partial<TopicsSettings>, RegExp]>([
    [
      'another retention',
      { retentionMilliseconds: 1_000 },
      /^jobs\.lifecycle: retention\.ms is 604800000 on the brokers and 1000 in the settings\. Change/,
    ],
    ['another replication', { replication: 2 }, /jobs\.lifecycle: replication is 1 on the brokers and 2/],
    ['another min.insync.replicas', { replication: 2, minInSync: 2 }, /min\.insync\.replicas is 1 .* 2 in/],
    ['larger messages', { maxMessageBytes: 2_000_000 }, /max\.message\.bytes is 1048588 .* at least 2000000/],
    ['more in sync than there are', { minInSync: 2 }, /no message could be written/],
    [
      'more replicas than brokers',
      { topics: [{ name: 'new' }], replication: 3 },
      /Kafka has 1 broker\(s\), so topics cannot have 3/,
    ],
  ])('%s than the settings say is one sentence at the start', async (_, change, sentence) => {
    await check(SETTINGS);
    expect(await complaint(check({ ...SETTINGS, ...change }, connection, 500))).toMatch(sentence);
  });

  test('nobody there, and nobody there within the time', async () => {
    const nobody = { brokers: ['127.0.0.1:1'], ...QUICK };
    expect(await complaint(check(SETTINGS, nobody, 500))).toMatch(
      /^Kafka at 127\.0\.0\.1:1 cannot be used after 500 ms \(.*ECONNREFUSED.*check that it runs/,
    );
  });

  test('no topic comes about by writing to it, or by looking for it', async () => {
    const bus = new KafkaBus(connection);
    await expect(bus.publish('nowhere', messages('k', 1))).rejects.toThrow(/nowhere: .*topic/);
    await expect(bus.browse('nowhere', { partition: 0, offset: '0' }, 1)).rejects.toBeInstanceOf(BusUnavailable);
    await check(SETTINGS);
    await bus.publish('short', messages('k', 1));
    await bus.close();
    const admin = bus['kafka'].admin();
    await admin.connect();
    expect(await admin.listTopics()).not.toContain('nowhere');
    await admin.disconnect();
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('TLS and SASL %s', async (mechanism) => {
    const sasl = { mechanism, username: USER, password: PASSWORD };
    const topics = { ...SETTINGS, topics: [{ name: `secret-${mechanism}` }] };
    const server = { ...secured, sasl };
    const bus = await openKafka({ connection: server, topics });
    const consumers = new KafkaBusServer(server, { group: mechanism, fetchMilliseconds: 100 });
    const seen: string[] = [];
    const handler = async (batch: readonly { value: Uint8Array }[]) => seen.push(...batch.map(text));
    consumers.addHandler(`secret-${mechanism}`, handler as never, true, { batch: true });
    consumers.listen(() => undefined);
    await bus.publish(`secret-${mechanism}`, messages('k', 'secret'));
    await until(() => seen.length === 1 && consumers.ready);
    await consumers.close();
    await bus.close();
    expect(await complaint(check(topics, { ...secured, sasl: { ...sasl, password: 'wrong' } }))).toMatch(
      /rejects the login .*: check the user, the password and the SASL mechanism\.$/,
    );
  });

  test('a certificate that nobody vouches for, and TLS where there is none, are named as such', async () => {
    const sasl = { mechanism: 'plain', username: USER, password: PASSWORD } as const;
    expect(await complaint(check(SETTINGS, { ...secured, sasl, tls: true }))).toMatch(/certificate .* not trusted/);
    expect(await complaint(check(SETTINGS, { ...connection, tls: true }, 200))).toMatch(
      /before secure TLS connection.*that TLS and SASL are set as for that listener/,
    );
  });
});
