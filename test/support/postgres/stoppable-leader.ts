import { PostgresViewStore } from '@tallystick/adapters/postgres';
import { LOG_START, type Table } from '@tallystick/eventing';

/** A process that acquires the lease for the views, commits once, and again for each line of its input. */
async function main(options: string): Promise<void> {
  const { table, ...where } = JSON.parse(options) as { url: string; schema: string; table: Table };
  const store = await PostgresViewStore.open({ ...where, leaseMilliseconds: 1_000 });
  await store.open([table]);
  const lead = await store.acquireLease([table], { signal: new AbortController().signal });
  let from = LOG_START;
  const commit = async (checkpoint: number) => {
    await store.commit([{ table, from, checkpoint: { position: checkpoint }, put: [{ shelf: 'a', sum: checkpoint }] }]);
    from = checkpoint;
  };
  await commit(1);
  process.stdout.write(lead ? 'leads\n' : 'follows\n');
  for await (const _ of process.stdin) {
    const outcome = await commit(from + 1).then(
      () => 'committed',
      (error: Error) => error.name,
    );
    process.stdout.write(`${outcome}\n`);
  }
  await store.close();
}

void main(process.argv[2]!);
