import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventData, type EventStoreDBClient } from '@eventstore/db-client';
import type { TestServer } from '../../../support/eventstoredb/server';
import {
  clientOf,
  closeAll,
  contentOf,
  eventOf,
  expectedRevision,
  grouped,
  readStream,
  rowsOf,
  startServer,
} from './tables';

const MOST_OTHERS = 6_000;
const ROWS = rowsOf('restart')
  .map(([name, answer]) => ({ name: name!, answer: JSON.parse(answer!) as unknown }))
  .filter(({ name }) => name.includes(' | '));
const GROUPS = grouped(ROWS, ({ name }) => name.split(' | ')[0]!).filter(
  ([when]) => Number(/(\d+) others/.exec(when)?.[1] ?? 0) <= MOST_OTHERS,
);

const directory = mkdtempSync(join(tmpdir(), 'tallystick-recorded-'));
afterEach(closeAll);
afterAll(() => rmSync(directory, { recursive: true }));

interface Written {
  readonly stream: string;
  readonly events: readonly EventData[];
}

async function write(client: EventStoreDBClient): Promise<Written> {
  const written = { stream: randomUUID(), events: ['0', '1', '2'].map((content) => eventOf(content)) };
  await client.appendToStream(written.stream, [...written.events]);
  return written;
}

/** Runs the step between an append and its repetition. Returns the server after it. */
async function pass(when: string, server: TestServer, file: string): Promise<TestServer> {
  const others = Number(/(\d+) others/.exec(when)?.[1] ?? 0);
  if (others > 0) {
    const client = clientOf(server);
    const some = () => Array.from({ length: others / 10 }, () => eventOf('other'));
    for (let i = 0; i < 10; i++) await client.appendToStream(`other-${i}`, some());
  }
  if (when.includes('SIGTERM')) {
    await server.terminate(0);
    await server.up();
  }
  // A killed process leaves only its file.
  return when.includes('SIGKILL') ? startServer({ file }) : server;
}

/** "repeated at exact 0": the events behind that revision; "exact 2 (at the end)": the last two once more. */
function repeated({ events }: Written, at: string): EventData[] {
  return at.includes('exact') ? events.slice(1) : [...events];
}

async function repeat(client: EventStoreDBClient, written: Written, at: string): Promise<object> {
  const options = { expectedRevision: expectedRevision(at) };
  const { nextExpectedRevision } = await client.appendToStream(written.stream, repeated(written, at), options);
  const stored = await readStream(client, written.stream);
  return { ok: true, next: String(nextExpectedRevision), then: stored.map(contentOf).join(' ') };
}

it.each(GROUPS)('Repeated %s', async (when, rows) => {
  const file = join(directory, `${randomUUID()}.log`);
  const server = await startServer({ file });
  const first = clientOf(server);
  const written = await Promise.all(rows.map(() => write(first)));
  const client = clientOf(await pass(when, server, file));
  const answers = [];
  for (const [i, { name }] of rows.entries())
    answers.push({ name, answer: await repeat(client, written[i]!, name.split('repeated at ')[1]!) });
  expect(answers).toEqual(rows);
});

it('Four groups of rows are tested', () => {
  expect(GROUPS.map(([when]) => when)).toEqual([
    'at once',
    'after 6000 others',
    'after a restart (SIGTERM)',
    'after a kill (SIGKILL)',
  ]);
});

it('Ids are unknown after 120,000 other events, and known after 100,000', async () => {
  const { log } = await startServer();
  const message = () => ({
    id: randomUUID(),
    type: 't',
    contentType: '',
    data: Buffer.alloc(0),
    metadata: Buffer.alloc(0),
  });
  const first = message();
  log.append('first', 'any', [first]);
  const others = (count: number) => {
    for (let i = 0; i < count; i += 1_000) log.append('elevencharS', 'any', Array.from({ length: 1_000 }, message));
  };
  others(100_000);
  expect(log.append('first', 'any', [first])).toMatchObject({ kind: 'stored', revision: 0 });
  others(20_000);
  expect(log.append('first', 'any', [first])).toMatchObject({ kind: 'stored', revision: 1 });
});
