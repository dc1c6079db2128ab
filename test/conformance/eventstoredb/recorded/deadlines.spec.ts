import { randomUUID } from 'node:crypto';
import { binaryEvent, type EventStoreDBClient } from '@eventstore/db-client';
import { append, clientOf, closeAll, eventOf, type Method, readStream, rowsOf, startServer } from './tables';

/** Rows with one answer: the others depend on the machine. */
const ROWS = rowsOf('deadlines')
  .map(([name, answers]) => [name!, JSON.parse(answers!) as Record<string, number>] as const)
  .filter(([, answers]) => Object.keys(answers).length === 1);

let client: EventStoreDBClient;
beforeAll(async () => {
  client = clientOf(await startServer());
  // The connection is not part of what is measured.
  await client.appendToStream(randomUUID(), eventOf('first'));
});
afterAll(closeAll);

const large = () => binaryEvent({ type: 't', data: new Uint8Array(200_000) });

async function play(name: string, count: number): Promise<Record<string, number>> {
  const [method, what] = name.split(' | ') as [Method, string];
  const deadline = Number(/deadline (-?\d+) ms/.exec(what)![1]);
  const isAtOnce = what.includes('at once');
  const one = async () => {
    const stream = randomUUID();
    const answer = await append(client, method, stream, [isAtOnce ? large() : eventOf('1')], {
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
    if (!isAtOnce) await appends[i];
  }
  const answers: Record<string, number> = {};
  for (const { stream, answer } of await Promise.all(appends)) {
    const stored = await readStream(client, stream).catch(() => []);
    const text = `${answer} stored ${stored.length}`;
    answers[text] = (answers[text] ?? 0) + 1;
  }
  return answers;
}

it.each(ROWS)('%s', async (name, answers) => {
  expect(await play(name, Object.values(answers)[0]!)).toEqual(answers);
});

it('Ten rows have one answer', () => {
  expect(ROWS).toHaveLength(10);
});
