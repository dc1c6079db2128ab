import { randomUUID } from 'node:crypto';
import { binaryEvent, type EventStoreDBClient } from '@eventstore/db-client';
import { append, clientOf, closeAll, eventOf, type AppendMethod, readStream, rowsOf, startServer } from './tables';

type OutcomeCounts = Readonly<Record<string, number>>;

const ROWS = rowsOf('deadlines').map(([name, answers]) => [name!, JSON.parse(answers!) as OutcomeCounts] as const);
const deadlineOf = (name: string) => Number(/deadline (-?\d+) ms/.exec(name)![1]);
const isAtOnce = (name: string) => name.includes('at once');

/** With deadlines between 1 ms and 1 s the outcome depends on the machine. */
const isRace = (name: string) => deadlineOf(name) > 0 && deadlineOf(name) < 1_000;
const EXACT = ROWS.filter(([name]) => !isRace(name));
const RACES = ROWS.filter(([name]) => isRace(name));

/** Every outcome of a real server for a call, with any deadline. */
function kindsOf(method: string): ReadonlySet<string> {
  const rows = ROWS.filter(([name]) => name.startsWith(`${method} | deadline`));
  return new Set(rows.flatMap(([, answers]) => Object.keys(answers)));
}

let client: EventStoreDBClient;
beforeAll(async () => {
  client = clientOf(await startServer());
  // The time to connect is not part of the measurement.
  await client.appendToStream(randomUUID(), eventOf('first'));
});
afterAll(closeAll);

const large = () => binaryEvent({ type: 't', data: new Uint8Array(200_000) });

async function play(name: string, count: number): Promise<Record<string, number>> {
  const [method, what] = name.split(' | ') as [AppendMethod, string];
  const deadline = deadlineOf(what);
  const atOnce = isAtOnce(what);
  const one = async () => {
    const stream = randomUUID();
    const answer = await append(client, method, stream, [atOnce ? large() : eventOf('1')], {
      deadline,
    }).then(
      () => 'ok',
      (error: Error & { code?: number }) => `${error.constructor.name} ${error.code ?? ''}`,
    );
    return { stream, answer };
  };
  const appends: ReturnType<typeof one>[] = [];
  for (let i = 0; i < count; i++) {
    appends.push(one());
    if (!atOnce) await appends[i];
  }
  const answers: Record<string, number> = {};
  for (const { stream, answer } of await Promise.all(appends)) {
    const stored = await readStream(client, stream).catch(() => []);
    const text = `${answer} stored ${stored.length}`;
    answers[text] = (answers[text] ?? 0) + 1;
  }
  return answers;
}

it.each(EXACT)('%s', async (name, answers) => {
  expect(await play(name, Object.values(answers)[0]!)).toEqual(answers);
});

it.each(RACES)('%s: only outcomes of a real server', async (name, recorded) => {
  const [method] = name.split(' | ') as [AppendMethod];
  const count = Object.values(recorded).reduce((sum, of) => sum + of, 0);
  const answers = await play(name, count);
  expect([...kindsOf(method)]).toEqual(expect.arrayContaining(Object.keys(answers)));
});

it('All rows are tested', () => {
  expect(EXACT).toHaveLength(6);
  expect(RACES).toHaveLength(14);
});
