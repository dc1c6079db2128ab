import type { BatchContext, Bus, Message, ReceivedMessage } from '@tallystick/eventing';

type Payload = ReceivedMessage | readonly ReceivedMessage[];
type Handler = (payload: never, context: BatchContext) => Promise<unknown>;

/** The part of a Nest transport strategy that the suite uses. */
export interface BusServer {
  addHandler(pattern: string, handler: Handler, isEventHandler: boolean, extras: Record<string, unknown>): void;
  listen(callback: () => void): unknown;
  close(): unknown;
  /** False while a batch is being delivered again and again. */
  readonly ready: boolean;
}

export interface OpenedBus {
  readonly bus: Bus;
  /** A new server of the group; it should try again after a few milliseconds, and take at most 100 messages at a time. */
  readonly server: (group: string) => BusServer;
}

const text = ({ value }: Message): string => Buffer.from(value).toString();
const messages = (key: string, ...values: readonly string[]): Message[] =>
  values.map((value) => ({ key, value: Buffer.from(value), headers: { kind: 'test' } }));
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i));

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('It did not happen within 15 seconds.');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The contract of every bus. `open` returns an empty one; the suite closes servers and bus. */
export function busContract(name: string, open: () => Promise<OpenedBus>): void {
  describe(`${name} keeps the contract of buses`, () => {
    let opened: OpenedBus;
    let running: BusServer[];
    let topic: string;
    let topics = 0;
    beforeAll(async () => void (opened = await open()));
    afterAll(() => opened.bus.close());
    beforeEach(() => {
      topic = `topic-${++topics}`;
      running = [];
    });
    afterEach(() => Promise.all(running.map((server) => server.close())));

    const serve = async (
      group: string,
      handler: Handler,
      extras: Record<string, unknown> = { batch: true },
    ): Promise<BusServer> => {
      const server = opened.server(group);
      server.addHandler(topic, handler, true, extras);
      running.push(server);
      await new Promise<void>((resolve) => void server.listen(resolve));
      return server;
    };
    const bench: Bench = { serve, bus: () => opened.bus, topic: () => topic };
    delivering(bench);
    browsing(bench);
    failing(bench);
  });
}

interface Bench {
  readonly serve: (group: string, handler: Handler, extras?: Record<string, unknown>) => Promise<BusServer>;
  readonly bus: () => Bus;
  readonly topic: () => string;
}

function delivering({ serve, bus, topic }: Bench): void {
  it('gives a new group everything from the beginning, in the order of each key, field by field', async () => {
    const bytes = Uint8Array.from([0, 255, 10, 195, 40]);
    await bus().publish(topic(), [{ key: 'a', value: bytes, headers: { 'content-type': 'application/json' } }]);
    await bus().publish(topic(), messages('a', ...numbers(0, 50)));
    const seen: ReceivedMessage[] = [];
    await serve('g', async (batch: readonly ReceivedMessage[]) => seen.push(...batch));
    await bus().publish(topic(), messages('a', ...numbers(50, 1_000)));
    await until(() => seen.length === 1_001);
    expect(seen[0]).toMatchObject({
      topic: topic(),
      key: 'a',
      headers: { 'content-type': 'application/json' },
      timestamp: expect.any(Number),
    });
    expect(Uint8Array.from(seen[0]!.value)).toEqual(bytes);
    expect(seen.slice(1).map(text)).toEqual(numbers(0, 1_000));
    const offsets = seen.map(({ offset }) => Number(offset));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  it('gives batches to those who ask for them, one message at a time to others, with a context', async () => {
    const batches: unknown[] = [];
    const singles: Payload[] = [];
    await bus().publish(topic(), messages('a', ...numbers(0, 250)));
    await serve('b', async (batch: readonly ReceivedMessage[], context) => {
      await context.heartbeat();
      batches.push([
        batch.length <= 100,
        context.topic,
        context.partition === batch[0]!.partition,
        context.signal.aborted,
      ]);
    });
    await serve('s', async (message: ReceivedMessage) => singles.push(message), {});
    await until(() => singles.length === 250 && batches.length >= 3);
    expect(new Set(batches.map((batch) => JSON.stringify(batch)))).toEqual(
      new Set([JSON.stringify([true, topic(), true, false])]),
    );
    expect(singles.map((message) => text(message as ReceivedMessage))).toEqual(numbers(0, 250));
  });

  it('gives each group everything, and a group that comes back only what is new', async () => {
    const seen: Record<string, string[]> = { a: [], b: [] };
    const collect = (group: string) => async (batch: readonly ReceivedMessage[]) =>
      seen[group]!.push(...batch.map(text));
    const first = await serve('a', collect('a'));
    await serve('b', collect('b'));
    await bus().publish(topic(), messages('k', '1', '2'));
    await until(() => seen['a']!.length === 2 && seen['b']!.length === 2);
    await first.close();
    await bus().publish(topic(), messages('k', '3'));
    await serve('a', collect('a'));
    await until(() => seen['a']!.length === 3 && seen['b']!.length === 3);
    expect(seen).toEqual({ a: ['1', '2', '3'], b: ['1', '2', '3'] });
  });
}

function browsing({ serve, bus, topic }: Bench): void {
  it('shows operators the messages of a topic', async () => {
    await bus().publish(topic(), messages('k', ...numbers(0, 30)));
    let partition: number | undefined;
    await serve('g', async (_: unknown, context) => (partition = context.partition));
    await until(() => partition !== undefined);
    const browse = (offset: number, limit: number) =>
      bus().browse(topic(), { partition: partition!, offset: String(offset) }, limit);
    const page = await browse(0, 10);
    expect(page.map(text)).toEqual(numbers(0, 10));
    const rest = await browse(Number(page[9]!.offset) + 1, 100);
    expect(rest.map(text)).toEqual(numbers(10, 30));
    expect(await browse(Number(rest[19]!.offset) + 1, 10)).toEqual([]);
  });

  it('returns the number of partitions: no message is in any other', async () => {
    const keys = numbers(0, 40);
    await bus().publish(
      topic(),
      keys.flatMap((key) => messages(key, key)),
    );
    const partitions = Array.from({ length: await bus().partitions(topic()) }, (_, partition) => partition);
    const pages = await Promise.all(
      partitions.map((partition) => bus().browse(topic(), { partition, offset: '0' }, 100)),
    );
    expect(pages.flat().map(text).sort()).toEqual([...keys].sort());
    expect(await bus().partitions('never-made')).toBe(0);
  });
}

function failing({ serve, bus, topic }: Bench): void {
  it.each([
    ['an error', new Error('no')],
    ['a TypeError', new TypeError('no')],
    ['a SyntaxError', new SyntaxError('no')],
    ['no error at all', 'no'],
  ])('delivers a batch again after %s, is not ready until then, and loses nothing', async (_, thrown) => {
    const seen: string[] = [];
    let left = 3;
    let readyWhileFailing: boolean | undefined;
    const server: BusServer = await serve('g', async (batch: readonly ReceivedMessage[]) => {
      if (left === 1) readyWhileFailing = server.ready;
      if (left-- > 0) throw thrown;
      seen.push(...batch.map(text));
    });
    await bus().publish(topic(), messages('k', '1', '2', '3'));
    await bus().publish(topic(), messages('k', '4'));
    await until(() => seen.length >= 4);
    await until(() => server.ready);
    expect([seen, readyWhileFailing]).toEqual([['1', '2', '3', '4'], false]);
  });

  it('delivers only the message that failed again where messages come one by one', async () => {
    const seen: string[] = [];
    let failures = 2;
    const handler = async (message: ReceivedMessage) => {
      if (text(message) === '2' && failures-- > 0) throw new Error('no');
      seen.push(text(message));
    };
    await serve('g', handler, {});
    await bus().publish(topic(), messages('k', '1', '2', '3'));
    await until(() => seen.length >= 3);
    expect(seen).toEqual(['1', '2', '3']);
  });

  it('finishes the batch in hand when it closes, and does not deliver that one again', async () => {
    const seen: string[] = [];
    let hasStarted = false;
    const server = await serve('g', async (batch: readonly ReceivedMessage[], { signal }) => {
      hasStarted = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      seen.push(...batch.map(text));
    });
    await bus().publish(topic(), messages('k', '1'));
    await until(() => hasStarted);
    await server.close();
    expect(seen).toEqual(['1']);
    await bus().publish(topic(), messages('k', '2'));
    await serve('g', async (batch: readonly ReceivedMessage[]) => seen.push(...batch.map(text)));
    await until(() => seen.length >= 2);
    expect(seen).toEqual(['1', '2']);
  });

  it('gives a batch that failed until the end to the next server of the group', async () => {
    const seen: string[] = [];
    let attempts = 0;
    const server = await serve('g', async () => {
      attempts++;
      throw new Error('no');
    });
    await bus().publish(topic(), messages('k', '1', '2'));
    await until(() => attempts > 1);
    await server.close();
    await serve('g', async (batch: readonly ReceivedMessage[]) => seen.push(...batch.map(text)));
    await until(() => seen.length >= 2);
    expect(seen).toEqual(['1', '2']);
  });
}
