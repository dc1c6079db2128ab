import { join } from 'node:path';
import { SqliteEventStore } from '@tallystick/adapters/embedded';
import { streamOf, STREAM_PREFIX, type Command, type Policy } from '@tallystick/domain/ledger';
import type { EventStore } from '@tallystick/eventing';
import { endJob, openOrganization, RESERVED, submitJob, USED } from '../support/leapocr';
import type { SystemTotals, System } from '../support/system';
import { AT_ONCE, ledgerTransactor, type BenchmarkTransactor } from '../support/transactor';

const streams = (organizations: number) =>
  Array.from({ length: organizations }, (_, organization) => streamOf(`org-${organization}`));

/** The ledger on a durable SQLite file, without its views. */
export async function openTallystick(
  directory: string,
  policy: Policy,
  organizations: number,
  chained = true,
): Promise<System> {
  const store = await SqliteEventStore.open(join(directory, 'streams.db'));
  const transactor = ledgerTransactor(store, policy, AT_ONCE, undefined, chained);
  return tallystick(store, transactor, organizations, () => store.close());
}

/** `closeStore` is called after the last answer of the ledger. */
export async function tallystick(
  store: EventStore,
  transactor: BenchmarkTransactor,
  organizations: number,
  closeStore: () => Promise<void>,
): Promise<System> {
  const names = streams(organizations);
  const open = (stream: string) =>
    Promise.all(openOrganization().map((command: Command) => transactor.execute(stream, command)));
  await Promise.all(names.map(open));
  return {
    reserve: async (organization, jobId) => {
      const { answer } = await transactor.execute(names[organization]!, submitJob(jobId));
      if (answer.kind !== 'reserved' || answer.repeated || answer.credits !== RESERVED)
        throw new Error(JSON.stringify(answer));
    },
    settle: async (organization, jobId) => {
      const { answer } = await transactor.execute(names[organization]!, endJob(jobId));
      if (answer.kind !== 'ended' || answer.repeated || answer.consumed !== USED)
        throw new Error(JSON.stringify(answer));
    },
    totals: async () => ({ ...(await balances(transactor, names)), movements: await movements(store) }),
    close: async () => {
      await transactor.stop();
      await closeStore();
    },
  };
}

async function balances(transactor: BenchmarkTransactor, names: readonly string[]) {
  const sums = { available: 0, reserved: 0, consumed: 0 };
  for (const stream of names) {
    const { value } = await transactor.read(stream, ({ balance }) => ({ ...balance }));
    sums.available += value.available;
    sums.reserved += value.reserved;
    sums.consumed += value.consumed;
  }
  return sums;
}

/** Counts the events in the log. */
async function movements(store: EventStore): Promise<SystemTotals['movements']> {
  let count = 0;
  for (let position = -1; ;) {
    const page = await store.readLog(position, 4_000, STREAM_PREFIX);
    if (page.position === position) return count;
    position = page.position;
    for (const { type } of page.events)
      if (type === 'CreditsReserved' || type === 'CreditsConsumed' || type === 'CreditsRefunded') count += 1;
  }
}
