import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Logger, Module, type LoggerService } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { KafkaBus, KafkaBusServer, type KafkaConnection, partitionOf } from '@tallystick/adapters/kafka';
import { type BatchContext, BusUnavailable, type ReceivedMessage } from '@tallystick/eventing';
import { Kafka, logLevel } from 'kafkajs';
import { makeTopics, messages, numbers, QUICK, Servers, SOON, text, until } from '../../support/kafka/bus-fixture';
import { describeWithKafka } from '../../support/kafka/kafka';

jest.setTimeout(90_000);
const said: string[] = [];
const say = (line: unknown) => void said.push(String(line));
const listener: LoggerService = { log: say, warn: say, error: say, debug: () => undefined };
beforeAll(() => Logger.overrideLogger(listener));

/** Two keys in different partitions of two. */
const [LEFT, RIGHT] = [0, 1].map((p) => ['a', 'b', 'c', 'd'].find((key) => partitionOf(key, 2) === p)!) as [
  string,
  string,
];

let failuresLeft = 1;
const inNest: unknown[] = [];

@Controller()
class TrapHandlers {
  @EventPattern<string>('batches', { batch: true })
  async batches(@Payload() batch: readonly ReceivedMessage[], @Ctx() context: BatchContext) {
    await context.heartbeat();
    if (failuresLeft-- > 0) throw new TypeError('not today');
    inNest.push([context.topic, ...batch.map(text)]);
  }

  @EventPattern('singles')
  single(@Payload() message: ReceivedMessage) {
    inNest.push(text(message));
  }
}

@Module({ controllers: [TrapHandlers] })
class TrapService {}

describeWithKafka('Edge cases of Kafka', {}, (kafka) => {
  let connection: KafkaConnection;
  let bus: KafkaBus;
  const servers = new Servers(() => connection);
  beforeAll(() => {
    connection = { brokers: kafka().addresses, ...QUICK };
    bus = new KafkaBus(connection, { publishMilliseconds: 4_000 });
  });
  afterEach(() => servers.close());
  afterAll(() => bus.close());

  test('Nest handlers get batches or single messages, and failed messages are delivered again', async () => {
    await makeTopics(connection, 1, 'batches', 'singles');
    await bus.publish('batches', messages('k', 1, 2));
    await bus.publish('singles', messages('k', 3));
    const strategy = new KafkaBusServer(connection, { ...SOON, group: 'nest' });
    const states: string[] = [];
    strategy.status.subscribe((status) => states.push(status));
    const service = await Test.createTestingModule({ imports: [TrapService] }).compile();
    const app = service.createNestMicroservice({ strategy, logger: false });
    await app.listen();
    await until(() => inNest.length === 2 && strategy.ready);
    expect(inNest).toEqual(expect.arrayContaining([['batches', '1', '2'], '3']));
    await app.close();
    expect(strategy.ready).toBe(false);
    expect(states.slice(-3)).toEqual(['failing', 'ready', 'stopped']);
    Logger.overrideLogger(listener);
  });

  test('a poison message blocks its own partition only', async () => {
    await makeTopics(connection, 2, 'poison');
    const seen: string[] = [];
    let isMended = false;
    let attempts = 0;
    const server = servers.start(
      'poison',
      'poison',
      async (batch) => {
        for (const message of batch)
          if (!isMended && text(message) === '{') {
            attempts += 1;
            JSON.parse(text(message));
          }
        seen.push(...batch.map(text));
      },
      { retry: { firstMilliseconds: 200, maxMilliseconds: 200 } },
    );
    const failures = () => said.filter((line) => /poison\/0: 1 messages from offset 0 failed/.test(line)).length;
    await bus.publish('poison', messages(LEFT, '{'));
    await until(() => failures() > 0);
    const startedAt = Date.now();
    const before = attempts;
    for (const number of numbers(0, 5)) {
      await bus.publish('poison', messages(RIGHT, number));
      await until(() => seen.includes(number));
    }
    expect(server.ready).toBe(false);
    await until(() => attempts > before + 2);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2 * 100);
    // The same error is logged once.
    expect(failures()).toBe(1);
    expect(said.filter((line) => /poison: the consumer has ended/.test(line))).toEqual([]);
    isMended = true;
    await until(() => seen.includes('{') && server.ready);
    expect(seen.filter((value) => value !== '{')).toEqual(numbers(0, 5));
  });

  test('invalid messages become dead letters with their bytes, and valid ones are processed', async () => {
    await makeTopics(connection, 2, 'mixed', 'mixed.dead-letters');
    const good: string[] = [];
    servers.start('mixed', 'mixed', async (batch) => {
      const aside: ReceivedMessage[] = [];
      for (const message of batch)
        try {
          good.push(JSON.parse(text(message)) as string);
        } catch {
          aside.push(message);
        }
      await bus.publish('mixed.dead-letters', aside);
    });
    const bad = [Buffer.from('{"id":'), Buffer.from([0xff, 0xfe, 0]), Buffer.alloc(0), Buffer.alloc(1_000_000)];
    for (const value of bad) {
      await bus.publish('mixed', messages(LEFT, ...numbers(0, 100)));
      await bus.publish('mixed', [{ key: LEFT, value, headers: { kind: 'bad' } }]);
    }
    await until(() => good.length === 400);
    const asides = () => bus.browse('mixed.dead-letters', { partition: 0, offset: '0' }, 10);
    await until(async () => (await asides()).length === bad.length);
    expect((await asides()).map(({ value, headers }) => [Buffer.compare(value, bad.shift()!), headers])).toEqual(
      Array(4).fill([0, { kind: 'bad' }]),
    );
  });

  test.each([
    ['is killed', () => kafka().brokers[0]!.kill(), () => kafka().brokers[0]!.start()],
    ['stops responding', async () => kafka().brokers[0]!.freeze(), async () => kafka().brokers[0]!.thaw()],
  ])(
    'a broker that %s and recovers: no message is lost, and no consumer is ready during the outage',
    async (how, away, back) => {
      const topic = `away-${how.replaceAll(' ', '-')}`;
      await makeTopics(connection, 2, topic);
      const seen: string[] = [];
      const server = servers.start(topic, topic, async (batch) => seen.push(...batch.map(text)));
      await bus.publish(topic, messages(LEFT, 1));
      await until(() => seen.includes('1') && server.ready);
      await away();
      await expect(bus.publish(topic, messages(LEFT, 2))).rejects.toBeInstanceOf(BusUnavailable);
      await expect(bus.browse(topic, { partition: 0, offset: '0' }, 1)).rejects.toBeInstanceOf(BusUnavailable);
      await until(() => !server.ready);
      await back();
      await until(() =>
        bus.publish(topic, messages(LEFT, 3)).then(
          () => true,
          () => false,
        ),
      );
      await bus.publish(topic, messages(RIGHT, 4));
      await until(() => seen.includes('3') && seen.includes('4') && server.ready);
      expect(seen.indexOf('3')).toBeGreaterThan(seen.indexOf('1'));
    },
  );

  test('a rebalance during a batch: its handler is notified, others take over, every message is processed in order', async () => {
    await makeTopics(connection, 2, 'shared');
    const taken: Record<string, string[]> = { first: [], second: [] };
    let isNotified = false;
    let hasStarted = false;
    servers.start('shared', 'shared', async (batch, { signal }) => {
      if (!isNotified) {
        hasStarted = true;
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        isNotified = true;
        throw new Error('not finished');
      }
      taken['first']!.push(...batch.map(text));
    });
    await bus.publish('shared', messages(LEFT, ...numbers(0, 50)));
    await bus.publish('shared', messages(RIGHT, ...numbers(50, 100)));
    await until(() => hasStarted);
    servers.start('shared', 'shared', async (batch) => taken['second']!.push(...batch.map(text)));
    await until(() => new Set([...taken['first']!, ...taken['second']!]).size === 100);
    expect(isNotified).toBe(true);
    await bus.publish('shared', [...messages(LEFT, 'left'), ...messages(RIGHT, 'right')]);
    await until(() => [...taken['first']!, ...taken['second']!].filter((it) => /t/.test(it)).length === 2);
    for (const values of Object.values(taken)) {
      expect(values.length).toBeGreaterThan(0);
      for (const own of [values.filter((it) => Number(it) < 50), values.filter((it) => Number(it) >= 50)])
        expect(own).toEqual([...own].sort((a, b) => Number(a) - Number(b)));
    }
  });

  test('an expired offset: reading continues with the oldest message and logs a warning', async () => {
    await makeTopics(connection, 1, 'expired');
    const seen: string[] = [];
    const handler = async (batch: readonly ReceivedMessage[]) => seen.push(...batch.map(text));
    const first = servers.start('expired', 'expired', handler);
    await bus.publish('expired', messages('k', ...numbers(0, 10)));
    await until(() => seen.length === 10);
    await first.close();
    await bus.publish('expired', messages('k', ...numbers(10, 30)));
    const admin = new Kafka({ brokers: [...connection.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.fetchTopicOffsets('expired');
    await admin.deleteTopicRecords({ topic: 'expired', partitions: [{ partition: 0, offset: '20' }] });
    await admin.disconnect();
    const oldest = await bus.browse('expired', { partition: 0, offset: '0' }, 3);
    expect(oldest.map(({ offset }) => offset)).toEqual(['20', '21', '22']);
    seen.length = 0;
    servers.start('expired', 'expired', handler);
    await until(() => seen.length >= 10);
    expect(seen).toEqual(numbers(20, 30));
    expect(said.filter((line) => /expired\/0: .* removed by retention.*oldest/.test(line))).toHaveLength(1);
  });

  test('a process that dies between append and commit: its batch is delivered again, complete and in order', async () => {
    await makeTopics(connection, 1, 'twice');
    await bus.publish('twice', messages('k', ...numbers(0, 20)));
    const directory = mkdtempSync(join(tmpdir(), 'tallystick-crash-'));
    const file = join(directory, 'appended');
    const script = join(__dirname, '../../support/kafka/crashing-consumer.ts');
    const args = ['-r', '@swc-node/register', script, connection.brokers[0]!, 'twice', 'twice', file];
    const crashed = await once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
    expect(crashed).toEqual([null, 'SIGKILL']);
    const appended = readFileSync(file, 'utf8').trim().split('\n');
    const again: string[] = [];
    servers.start('twice', 'twice', async (batch) =>
      again.push(...batch.map((message) => `${message.offset} ${text(message)}`)),
    );
    await until(() => again.length >= 20);
    expect(again).toEqual(numbers(0, 20).map((number) => `${number} ${number}`));
    expect(appended).toEqual(again.slice(0, appended.length));
    rmSync(directory, { recursive: true });
  });
});
