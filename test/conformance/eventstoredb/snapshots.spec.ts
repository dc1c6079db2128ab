import type { EventStoreDbEventStore } from '@tallystick/adapters/eventstoredb';
import { AmbiguousAppend, AppendRefused, NO_STREAM, type Snapshot, StoreUnavailable } from '@tallystick/eventing';
import { StoreFixture, someEvents, storedIn } from '../../support/eventstoredb/store-fixture';
import type { TestServer } from '../../support/eventstoredb/server';
import { until } from '../../support/until';

const bench = new StoreFixture();
const at = (revision: number): Snapshot => ({ revision, schemaVersion: 1, state: '{"sum":1}', hash: 'h' });
let streams = 0;

describe('A snapshot', () => {
  let server: TestServer;
  let store: EventStoreDbEventStore;
  let stream: string;
  beforeAll(async () => {
    server = await bench.start({ maxAppendBytes: 100_000 });
    store = await bench.open(server, { maxAppendBytes: 50_000, appendTimeoutMs: 400 });
  });
  afterAll(() => bench.close());
  beforeEach(() => void (stream = `credits-${++streams}`));

  /** Appends an event of another program to the stream of snapshots. */
  const leave = (data: string | Buffer) => {
    const contentType = typeof data === 'string' ? 'application/json' : 'application/octet-stream';
    const event = { ...someEvents(1)[0]!, contentType, data: Buffer.from(data), metadata: Buffer.alloc(0) };
    server.log.append(`snapshot-${stream}`, 'any', [event]);
  };

  it('is stored in a separate stream, of which the server keeps the newest event only', async () => {
    await store.append(stream, NO_STREAM, someEvents(3));
    for (let i = 0; i < 3; i++) await store.saveSnapshot(stream, at(i));
    expect(await store.loadSnapshot(stream)).toEqual(at(2));
    expect(server.log.visible(`snapshot-${stream}`)).toHaveLength(1);
    expect(server.log.metadataOf(`snapshot-${stream}`)).toEqual({ $maxCount: 1 });
  });

  it('never truncates the stream of the ledger', async () => {
    await store.append(stream, NO_STREAM, someEvents(3));
    for (let i = 0; i < 3; i++) await store.saveSnapshot(stream, at(i));
    expect(storedIn(server, `$$${stream}`)).toEqual([]);
    expect(await store.read(stream, 0, 10)).toHaveLength(3);
    const bounded = server.log.events.map((event) => event.stream).filter((name) => /^\$\$[^$]/.test(name));
    expect(bounded.every((name) => name.startsWith('$$snapshot-'))).toBe(true);
  });

  it('limits its stream once, with several processes and after a restart', async () => {
    const another = await bench.open(server);
    await Promise.all([store.saveSnapshot(stream, at(1)), another.saveSnapshot(stream, at(1))]);
    await server.restart();
    expect(await another.loadSnapshot(stream)).toEqual(at(1));
    const third = await bench.open(server);
    await third.saveSnapshot(stream, at(2));
    expect(storedIn(server, `$$snapshot-${stream}`)).toHaveLength(1);
    expect(await another.loadSnapshot(stream)).toEqual(at(2));
  });

  it('keeps a limit that an operator has set', async () => {
    const bound = {
      ...someEvents(1)[0]!,
      contentType: 'application/json',
      data: Buffer.from('{"$maxCount":5}'),
      metadata: Buffer.alloc(0),
    };
    server.log.append(`$$snapshot-${stream}`, NO_STREAM, [bound]);
    await store.saveSnapshot(stream, at(1));
    expect(server.log.metadataOf(`snapshot-${stream}`)).toEqual({ $maxCount: 5 });
    expect(await store.loadSnapshot(stream)).toEqual(at(1));
  });

  it('limits its stream at the next save if the first one was interrupted', async () => {
    server.faults.add('cut');
    await expect(store.saveSnapshot(stream, at(1))).rejects.toBeInstanceOf(AmbiguousAppend);
    expect(await store.loadSnapshot(stream)).toBeUndefined();
    await store.saveSnapshot(stream, at(2));
    expect(server.log.metadataOf(`snapshot-${stream}`)).toEqual({ $maxCount: 1 });
    expect(await store.loadSnapshot(stream)).toEqual(at(2));
  });

  it.each<[string, string | Buffer]>([
    ['damaged JSON', '{"revision":3,"schemaVers'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[1,2]'],
    ['an event of something else', '{"sku":"x"}'],
    ['a number', '7'],
    ['a state alone', '{"state":"{}"}'],
    ['a state that is not a text', '{"revision":3,"schemaVersion":1,"state":{},"hash":"h"}'],
    ['a revision that is not a number', '{"revision":"3","schemaVersion":1,"state":"{}","hash":"h"}'],
    ['a negative revision', '{"revision":-3,"schemaVersion":1,"state":"{}","hash":"h"}'],
    ['bytes', Buffer.from([0xff, 0, 0xfe])],
  ])('that holds %s is not loaded', async (_, data) => {
    leave(data);
    expect(await store.loadSnapshot(stream)).toBeUndefined();
    await store.saveSnapshot(stream, at(7));
    expect(await store.loadSnapshot(stream)).toEqual(at(7));
  });

  it('that exceeds the size of an append is refused, and the previous snapshot remains', async () => {
    await store.saveSnapshot(stream, at(1));
    const large = { ...at(2), state: JSON.stringify('x'.repeat(60_000)) };
    await expect(store.saveSnapshot(stream, large)).rejects.toBeInstanceOf(AppendRefused);
    expect(await store.loadSnapshot(stream)).toEqual(at(1));
  });

  it('can be saved and loaded again after the server was unavailable', async () => {
    await store.saveSnapshot(stream, at(1));
    await server.link.down();
    await until(
      () => store.saveSnapshot(stream, at(2)).catch((error) => error instanceof StoreUnavailable) as Promise<boolean>,
    );
    await expect(store.loadSnapshot(stream)).rejects.toBeInstanceOf(StoreUnavailable);
    await server.link.up(server.port);
    expect(await store.loadSnapshot(stream)).toEqual(at(1));
    await store.saveSnapshot(stream, at(3));
    expect(await store.loadSnapshot(stream)).toEqual(at(3));
  });
});
