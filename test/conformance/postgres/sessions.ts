import { type Table, type ViewChange } from '@tallystick/eventing';
import { type PostgresOptions, PostgresViewStore } from '@tallystick/adapters/postgres';
import type { RealPostgres } from '../../support/postgres/describe-with-postgres';

let schemas = 0;

/** A separate schema with stores as several processes would open them. `closeAll` closes them. */
export function replicas(postgres: () => RealPostgres) {
  const schema = `s${++schemas}_${process.pid}`;
  const opened: PostgresViewStore[] = [];
  const open = async (more: Partial<PostgresOptions> = {}) => {
    const name = `${schema}_${opened.length}`;
    const url = postgres().url('postgres', `?application_name=${name}`);
    const store = await PostgresViewStore.open({
      url,
      schema,
      connections: 4,
      lookMilliseconds: 50,
      ...more,
    });
    opened.push(store);
    return { store, name };
  };
  const closeAll = () => Promise.all(opened.map((store) => store.close()));
  return { schema, open, closeAll };
}

/** Ends the connection that holds the lease, like a failing server, network or machine. */
export async function killLeader({ operator }: RealPostgres, application: string): Promise<number> {
  const { rowCount } = await operator.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND application_name = $1`,
    [application],
  );
  return rowCount ?? 0;
}

export const aTable = (name: string, more: Partial<Table> = {}): Table => ({
  name,
  columns: { shelf: 'text', sum: 'integer' },
  key: ['shelf'],
  indexes: [],
  ...more,
});

export const put = (table: Table, from: number, checkpoint: number, sum: number): ViewChange => ({
  table,
  from,
  checkpoint: { position: checkpoint },
  put: [{ shelf: 'a', sum }],
});
