import { Pool } from 'pg';
import * as support from '../../test/support/postgres/cluster';
import { atEnd, temporaryDirectory } from '../harness/cleanup';

export { findPostgres, NO_POSTGRES } from '../../test/support/postgres/cluster';

/** Durable settings, optimized for speed. */
export const SERVER_SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '100',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  min_wal_size: '1GB',
  checkpoint_timeout: '30min',
};
const SETTINGS = {
  ...SERVER_SETTINGS,
  // The tables grow during a run, so plans for empty tables must not be cached.
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
};

export interface BenchmarkCluster {
  readonly version: string;
  readonly url: string;
  readonly pool: (connections: number) => Pool;
  readonly stop: () => Promise<void>;
}

export async function startPostgres(bin: string): Promise<BenchmarkCluster> {
  const directory = temporaryDirectory();
  const cluster = await support.startPostgres(bin, { directory: directory.path, settings: SETTINGS });
  const kill = atEnd(cluster.kill);
  const pool = (max: number) => new Pool({ connectionString: cluster.url(), max, idleTimeoutMillis: 0 });
  const stop = async () => {
    kill();
    await cluster.stop();
    directory.remove();
  };
  return { version: cluster.version, url: cluster.url(), pool, stop };
}
