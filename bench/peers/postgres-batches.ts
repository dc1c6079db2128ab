import type { ClientBase, Pool } from 'pg';

export interface PostgresCall {
  readonly kind: 'reserve' | 'settle';
  readonly org: string;
  readonly job: string;
  readonly amount: number;
}

interface WaitingCall extends PostgresCall {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_CALLS = 100;
const MOVE_MANY = 'SELECT call, answer FROM move_many($1::text[], $2::text[], $3::text[], $4::bigint[])';

/**
 * Each connection has a queue of calls that wait for its current commit. An organization always uses the same connection,
 * so that two batches do not lock the same balance.
 */
export function batching(pool: Pool, workers: number) {
  const queues = Array.from({ length: workers }, () => ({ waiting: [] as WaitingCall[], isRunning: false }));
  const run = async (queue: (typeof queues)[number]) => {
    queue.isRunning = true;
    // One turn of the event loop, so that concurrent calls are committed together.
    await new Promise(setImmediate);
    while (queue.waiting.length > 0) await commit(pool, queue.waiting.splice(0, MOST_CALLS));
    queue.isRunning = false;
  };
  return (organization: number, call: PostgresCall): Promise<string> =>
    new Promise((resolve, reject) => {
      const queue = queues[organization % workers]!;
      queue.waiting.push({ ...call, resolve, reject });
      if (!queue.isRunning) void run(queue);
    });
}

async function commit(pool: Pool, calls: readonly WaitingCall[]): Promise<void> {
  try {
    const answers = await moveMany(pool, calls);
    calls.forEach(({ resolve }, i) => resolve(answers[i]!));
  } catch (error) {
    for (const { reject } of calls) reject(error);
  }
}

/** Executes the calls in one statement. A batch must not contain the reservation and the settlement of one job. */
export async function moveMany(
  client: Pick<Pool | ClientBase, 'query'>,
  calls: readonly PostgresCall[],
): Promise<string[]> {
  const values = [
    calls.map(({ kind }) => kind),
    calls.map(({ org }) => org),
    calls.map(({ job }) => job),
    calls.map(({ amount }) => amount),
  ];
  const query = { name: 'move_many', text: MOVE_MANY, values, rowMode: 'array' as const };
  const { rows } = await client.query<[string, string]>(query);
  const answers = new Array<string>(calls.length).fill('repeated');
  for (const [call, answer] of rows) answers[Number(call) - 1] = answer;
  return answers;
}
