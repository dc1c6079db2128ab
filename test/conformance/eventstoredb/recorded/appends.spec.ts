import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import {
  append,
  clientOf,
  closeAll,
  eventOf,
  expectedRevision,
  grouped,
  type AppendMethod,
  METHODS,
  outcomeOf,
  readStream,
  rowsOf,
  startServer,
} from './tables';

const ROWS = rowsOf('appends');
/** After an append at `any` to a missing stream, the stream contains exactly this append. */
const PATTERNS = new Map(
  ROWS.filter(([stream, expected]) => stream === 'no stream' && expected === 'any').map(([, , pattern, , stored]) => [
    pattern!,
    stored!
      .split(' ')
      .filter(Boolean)
      .map((label) => label.replace('*', '')),
  ]),
);

let client: EventStoreDBClient;
beforeAll(async () => void (client = clientOf(await startServer())));
afterAll(closeAll);

/** Ids by label, for one row: `s0`, `o1`, `n2`. */
class Labels {
  private readonly ids = new Map<string, string>();

  idOf(label: string): string {
    const id = this.ids.get(label) ?? randomUUID();
    this.ids.set(label, id);
    return id;
  }

  labelOf(id: string): string {
    return [...this.ids].find(([, known]) => known === id)![0];
  }

  events(names: readonly string[]) {
    return names.map((label) => eventOf(label, this.idOf(label)));
  }
}

const FOUR = [0, 1, 2, 3];

async function play(method: AppendMethod, [state, expected, pattern, answer]: readonly string[]): Promise<string[]> {
  const [stream, other, labels] = [randomUUID(), randomUUID(), new Labels()];
  const store = (to: string, letter: string) =>
    append(client, method, to, labels.events(FOUR.map((n) => letter + n)), { expectedRevision: 'no_stream' });
  await store(other, 'o');
  const before = state === 'no stream' ? 0 : 4;
  if (before > 0) await store(stream, 's');
  const events = labels.events(PATTERNS.get(pattern!)!);
  const options = { expectedRevision: expectedRevision(expected!) };
  const patience = answer!.startsWith('no answer') ? 4_000 : undefined;
  const outcome = await outcomeOf(append(client, method, stream, events, options), patience);
  const stored = await readStream(client, stream).catch(() => []);
  const seen = stored.map(({ event }, i) => labels.labelOf(event!.id) + (i < before ? '' : '*'));
  return [state!, expected!, pattern!, outcome, seen.join(' ')];
}

const GROUPS = grouped(ROWS, ([state, expected]) => `${state}, expected ${expected}`);

describe.each(METHODS)('An append by the %s call', (method) => {
  it.each(GROUPS)('to %s has the outcome of a real server', async (_, rows) => {
    expect(await Promise.all(rows.map((row) => play(method, row)))).toEqual(rows);
  });
});

it('All rows of the table are tested', () => {
  expect(GROUPS.flatMap(([, rows]) => rows)).toHaveLength(420);
  expect(PATTERNS.size).toBe(30);
});
