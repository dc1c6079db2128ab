import { randomUUID } from 'node:crypto';
import { type EventStoreDBClient } from '@eventstore/db-client';
import type { TestServer } from '../../../support/eventstoredb/server';
import { until } from '../../../support/until';
import { append, clientOf, closeAll, eventOf, METHODS, outcomeOf, readStream, startServer } from '../recorded/tables';

afterEach(closeAll);

const failureOf = (appending: Promise<unknown>) =>
  appending.then(
    () => undefined,
    (error: unknown) => error,
  );
const storedIn = (server: TestServer, stream: string) => server.log.events.filter((event) => event.stream === stream);

describe('The deadline of a batch append', () => {
  let server: TestServer;
  let client: EventStoreDBClient;
  beforeEach(async () => {
    server = await startServer();
    client = clientOf(server, '');
  });

  it('uses the clock of the client: if it is more than ten seconds behind the server, nothing is stored', async () => {
    server.clock.offsetMs = 11_000;
    for (let i = 0; i < 3; i++)
      expect(await failureOf(client.appendToStream('late', eventOf('x')))).toMatchObject({
        type: 'deadline-exceeded',
        code: undefined,
      });
    expect(storedIn(server, 'late')).toEqual([]);
  });

  it('is met if it is long enough, if the clocks agree, or with the older call', async () => {
    server.clock.offsetMs = 11_000;
    expect(await outcomeOf(client.appendToStream('late', eventOf('x'), { deadline: 20_000 }))).toBe('ok, next 0');
    expect(await outcomeOf(append(client, 'classic', 'late', [eventOf('x')], {}))).toBe('ok, next 1');
    server.clock.offsetMs = -60_000;
    expect(await outcomeOf(client.appendToStream('late', eventOf('x')))).toBe('ok, next 2');
  });
});

describe.each(METHODS)('A repetition by the %s call, before the first is indexed,', (method) => {
  it.each(['any', 'no_stream'] as const)('at %s gets a time-out and is stored once', async (expectedRevision) => {
    const server = await startServer();
    const client = clientOf(server);
    const [stream, events] = [randomUUID(), [eventOf('0'), eventOf('1')]];
    await client.appendToStream(randomUUID(), eventOf('connects'));
    const index = server.log.indexing.hold();
    const { end } = server.log;
    const first = append(client, method, stream, events, { expectedRevision });
    await until(() => server.log.end > end);
    const start = performance.now();
    const repetition = failureOf(append(client, method, stream, events, { expectedRevision }));
    // The server processes calls in order, so it has processed the repetition before this call.
    await failureOf(readStream(client, stream));
    index();
    expect(await outcomeOf(first)).toBe('ok, next 1');
    const type = method === 'batch' ? 'deadline-exceeded' : 'timeout';
    expect(await repetition).toMatchObject({ type });
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(1_900);
    expect(storedIn(server, stream)).toHaveLength(2);
    expect(await outcomeOf(append(client, method, stream, events, { expectedRevision }))).toBe('ok, next 1');
  });
});

describe('A new server', () => {
  it('has an empty $all for some tenths of a second, then a system event', async () => {
    const server = await startServer({ timing: 'real' });
    const names = async (client: EventStoreDBClient) => {
      const seen: string[] = [];
      for await (const { event } of client.readAll()) seen.push(event!.streamId);
      return seen;
    };
    expect(server.log.events).toEqual([]);
    const client = clientOf(server);
    await until(async () => (await names(client)).length > 0, 5_000);
    expect(await names(client)).toEqual(['$$$scavenges']);
    await server.restart();
    await until(async () => (await names(client).catch(() => [])).length > 0);
    expect(await names(client)).toEqual(['$$$scavenges']);
  });

  it('can be written before that', async () => {
    const server = await startServer({ timing: 'real' });
    expect(await outcomeOf(clientOf(server).appendToStream('early', eventOf('x')))).toBe('ok, next 0');
  });
});

describe('A server with standard projections', () => {
  it('links each event in three system streams and writes statistics', async () => {
    const server = await startServer({ projections: true });
    const client = clientOf(server);
    const event = () => ({ ...eventOf('x'), metadata: { $correlationId: 'c-1' } });
    await client.appendToStream('orders-1', [event(), event()]);
    server.ownEvents.writeStatistics();
    const links = ['$ce-orders', '$et-t', '$bc-c-1'];
    await until(() => links.every((stream) => storedIn(server, stream).length === 2));
    for (const stream of links) {
      const [first] = await readStream(client, stream);
      expect(first!.event).toMatchObject({ type: '$>', streamId: stream });
      const [resolved] = await readStream(client, stream, { resolveLinkTos: true });
      expect(resolved).toMatchObject({ event: { streamId: 'orders-1', revision: 0n }, link: { streamId: stream } });
    }
    const own = new Set(server.log.events.map(({ stream }) => stream).filter((stream) => stream.startsWith('$')));
    expect([...own]).toEqual(expect.arrayContaining(['$streams', '$category-orders', '$stats-127.0.0.1:2113']));
  });
});
