import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { Signal } from '@tallystick/runtime';
import { EmbeddedBus, type EmbeddedBusOptions } from './embedded-bus';
import { EmbeddedBusServer } from './embedded-bus-server';

afterAll(removeTemporaryDirectories);

const message = (value: string) => ({ key: 'k', value: Buffer.from(value), headers: {} });
const valuesIn = async (bus: EmbeddedBus) =>
  (await bus.browse('t', { partition: 0, offset: '0' }, 10_000)).map(({ value }) => Buffer.from(value).toString());

describe('The embedded bus', () => {
  let now = 1_000;
  const open = (file: string, options: EmbeddedBusOptions = {}) =>
    EmbeddedBus.open(file, { now: () => now, ...options });

  it('keeps its messages after a restart and continues the offsets', async () => {
    const file = join(temporaryDirectory(), 'bus.db');
    let bus = await open(file);
    await bus.publish('t', [message('1'), message('2')]);
    await bus.close();
    await expect(bus.publish('t', [message('x')])).rejects.toThrow('The bus is closed.');
    bus = await open(file);
    await bus.publish('t', [message('3')]);
    expect((await bus.browse('t', { partition: 0, offset: '1' }, 9)).map(({ offset }) => offset)).toEqual(['1', '2']);
    await bus.close();
  });

  it('removes messages older than the retention and never reuses an offset', async () => {
    const file = join(temporaryDirectory(), 'bus.db');
    let bus = await open(file, { retentionMilliseconds: 100 });
    for (let i = 0; i < 250; i++) await bus.publish('t', [message(`old ${i}`)]);
    now += 101;
    await bus.publish('t', [message('new')]);
    await bus.purge();
    expect(await valuesIn(bus)).toEqual(['new']);
    now += 101;
    await bus.purge();
    expect(await valuesIn(bus)).toEqual([]);
    await bus.close();
    bus = await open(file);
    await bus.publish('t', [message('newer')]);
    expect((await bus.browse('t', { partition: 0, offset: '0' }, 9)).map(({ offset }) => offset)).toEqual(['251']);
    await bus.close();
  });

  it('removes the oldest messages above the size limit', async () => {
    const bus = await open(join(temporaryDirectory(), 'bus.db'), { retentionBytes: 500_000 });
    for (let i = 0; i < 400; i++) await bus.publish('t', [message(String(i).padEnd(2_000))]);
    await bus.purge();
    const left = (await valuesIn(bus)).map(Number);
    expect(left[left.length - 1]).toBe(399);
    expect(left.length).toBeLessThan(250);
    await bus.close();
  });
});

describe('A group without a position', () => {
  const formerGroups = ['absent', 'former', 'older'];
  let bus: EmbeddedBus;
  beforeEach(async () => {
    bus = await EmbeddedBus.open(join(temporaryDirectory(), 'bus.db'));
    await bus.commit('former', 't', 0, 7);
    await bus.commit('older', 't', 0, 3);
  });
  afterEach(() => bus.close());

  it('takes over the position of the first former group that has one, once', async () => {
    expect(await bus.position('new', formerGroups, 't', 0)).toBe(7);
    await bus.commit('former', 't', 0, 9);
    expect(await bus.position('new', formerGroups, 't', 0)).toBe(7);
    await bus.commit('new', 't', 0, 8);
    expect(await bus.position('new', formerGroups, 't', 0)).toBe(8);
  });

  it('starts at the beginning without a former group, and for a topic that no former group has read', async () => {
    expect(await bus.position('new', [], 't', 0)).toBe(0);
    expect(await bus.position('new', formerGroups, 'other', 0)).toBe(0);
  });

  it('reads from the taken over position, and each group gets every message', async () => {
    await bus.publish(
      't',
      Array.from({ length: 9 }, (_, at) => message(String(at))),
    );
    const read = async (options: { group: string; formerGroups?: readonly string[] }) => {
      const server = new EmbeddedBusServer(bus, options);
      const values: string[] = [];
      const complete = new Promise<void>((resolve) =>
        server.addHandler(
          't',
          async (batch: readonly ReceivedMessage[]) => {
            values.push(...batch.map(({ value }) => Buffer.from(value).toString()));
            if (values.at(-1) === '8') resolve();
          },
          true,
          { batch: true },
        ),
      );
      server.listen(() => undefined);
      await complete;
      await server.close();
      return values;
    };
    expect(await read({ group: 'new', formerGroups })).toEqual(['7', '8']);
    expect(await read({ group: 'another' })).toHaveLength(9);
  });
});

test('consumers are idle once all messages are handled and committed', async () => {
  const bus = await EmbeddedBus.open(join(temporaryDirectory(), 'bus.db'));
  const server = new EmbeddedBusServer(bus, { group: 'g' });
  const release = new Signal();
  const handled: string[] = [];
  const handler = async ([{ value }]: readonly [ReceivedMessage]) => {
    await release.wait();
    handled.push(Buffer.from(value).toString());
  };
  server.addHandler('t', handler as never, true, { batch: true });
  server.listen(() => undefined);
  const { signal } = new AbortController();
  await server.untilIdle(signal);
  expect(server.isIdle()).toBe(true);
  await bus.publish('t', [message('1')]);
  expect(server.isIdle()).toBe(false);
  const idle = server.untilIdle(signal);
  while (handled.length === 0) {
    release.notify();
    await new Promise(setImmediate);
  }
  await idle;
  expect([server.isIdle(), await bus.position('g', [], 't', 0)]).toEqual([true, 1]);
  const stop = new AbortController();
  await bus.publish('t', [message('2')]);
  const waiting = server.untilIdle(stop.signal);
  stop.abort();
  await waiting;
  expect(server.isIdle()).toBe(false);
  let isClosed = false;
  void server.close().then(() => (isClosed = true));
  while (!isClosed) {
    release.notify();
    await new Promise(setImmediate);
  }
  await bus.close();
});

describe('In Nest', () => {
  const seen: unknown[] = [];
  let fail = true;

  @Controller()
  class EmbeddedBusHandlers {
    @EventPattern<string>('batches', { batch: true })
    async batches(@Payload() messages: readonly ReceivedMessage[], @Ctx() context: BatchContext) {
      if (fail) {
        fail = false;
        throw new TypeError('not today');
      }
      seen.push([messages.length, context.topic]);
    }

    @EventPattern('singles')
    single(@Payload() { value }: ReceivedMessage) {
      seen.push(Buffer.from(value).toString());
    }
  }

  @Module({ controllers: [EmbeddedBusHandlers] })
  class EmbeddedBusModule {}

  it('handlers receive batches, and failed batches are retried', async () => {
    const bus = await EmbeddedBus.open(join(temporaryDirectory(), 'bus.db'));
    const strategy = new EmbeddedBusServer(bus, { retry: { firstMilliseconds: 1, maxMilliseconds: 5 } });
    const app = (await Test.createTestingModule({ imports: [EmbeddedBusModule] }).compile()).createNestMicroservice({
      strategy,
      logger: false,
    });
    await bus.publish('batches', [message('1'), message('2')]);
    await bus.publish('singles', [message('3')]);
    await app.listen();
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual(expect.arrayContaining([[2, 'batches'], '3']));
    expect(fail).toBe(false);
    await app.close();
    expect(strategy.ready).toBe(false);
    await bus.close();
  });
});
