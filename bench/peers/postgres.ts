import type { Pool } from 'pg';
import { GRANTED, RESERVED, USED } from '../support/leapocr';
import type { SystemTotals, System } from '../support/system';
import { batching } from './postgres-batches';
import type { BenchmarkCluster } from './postgres-cluster';
import { BATCHES, BOOKS, CALLS, SCHEMA, seed } from './postgres-schema';

const MOST_CONNECTIONS = 64;

export async function createSchema(cluster: BenchmarkCluster): Promise<void> {
  const pool = cluster.pool(1);
  await pool.query(SCHEMA + CALLS + BATCHES);
  await pool.end();
}

/** One transaction per call, with up to 64 connections. */
export async function openCalls(cluster: BenchmarkCluster, organizations: number, underWay: number): Promise<System> {
  const pool = await seeded(cluster, organizations, Math.min(underWay, MOST_CONNECTIONS));
  const call = async (name: 'reserve' | 'settle', organization: number, jobId: string, credits: number) => {
    const values = [`org-${organization}`, jobId, credits];
    const { rows } = await pool.query<[string]>({
      name,
      text: `SELECT ${name}($1, $2, $3)`,
      values,
      rowMode: 'array',
    });
    if (rows[0]![0] !== `${name}d`) throw new Error(`${jobId}: ${rows[0]![0]}`);
  };
  return {
    reserve: (organization, jobId) => call('reserve', organization, jobId, RESERVED),
    settle: (organization, jobId) => call('settle', organization, jobId, USED),
    totals: () => booksOf(pool),
    close: () => pool.end(),
  };
}

/** The same ledger with up to 100 calls per commit. */
export async function openBatches(cluster: BenchmarkCluster, organizations: number, underWay: number): Promise<System> {
  // Fewer connections leave the server idle, more make the batches small.
  const workers = Math.min(organizations, Math.max(2, Math.min(8, underWay / 64)));
  const pool = await seeded(cluster, organizations, workers);
  const call = batching(pool, workers);
  const expect = async (wanted: string, organization: number, jobId: string, amount: number) => {
    const kind = wanted === 'reserved' ? 'reserve' : 'settle';
    const answer = await call(organization, { kind, org: `org-${organization}`, job: jobId, amount });
    if (answer !== wanted) throw new Error(`${jobId}: ${answer}`);
  };
  return {
    reserve: (organization, jobId) => expect('reserved', organization, jobId, RESERVED),
    settle: (organization, jobId) => expect('settled', organization, jobId, USED),
    totals: () => booksOf(pool),
    close: () => pool.end(),
  };
}

export async function seeded(cluster: BenchmarkCluster, organizations: number, connections: number): Promise<Pool> {
  const pool = cluster.pool(connections);
  await pool.query(seed(organizations, GRANTED));
  // Opens all connections before the measurement.
  await Promise.all(Array.from({ length: connections }, () => pool.query('SELECT pg_sleep(0.02)')));
  return pool;
}

export async function booksOf(pool: Pool): Promise<SystemTotals> {
  const { rows } = await pool.query<SystemTotals & { booked: number | null }>(BOOKS);
  const { booked, ...books } = rows[0]!;
  if ((booked ?? 0) !== books.consumed) throw new Error(`Movements say ${booked}, balances ${books.consumed}.`);
  return books;
}
