import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type PostgresCluster, type ClusterOptions, findPostgres, NO_POSTGRES, startPostgres } from './cluster';

/** Settings for tests, which need no durability. */
const QUICK = { fsync: 'off', shared_buffers: '32MB', max_connections: '60' };

export interface RealPostgres extends PostgresCluster {
  /** A superuser connection, closed at the end of the suite. */
  readonly operator: Client;
}

/** A suite that needs a real PostgreSQL. It is skipped with the reason if PostgreSQL is not available. */
export function describeWithPostgres(
  name: string,
  suite: (postgres: () => RealPostgres) => void,
  options: Partial<ClusterOptions> = {},
): void {
  const bin = findPostgres();
  if (bin === undefined) {
    describe(name, () => test.skip(`skipped: ${NO_POSTGRES}`, () => undefined));
    return;
  }
  describe(name, () => {
    let postgres: RealPostgres;
    let directory: string;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'tallystick-postgres-'));
      const cluster = await startPostgres(bin, { directory, settings: QUICK, ...options });
      process.once('exit', cluster.kill);
      const operator = new Client({ connectionString: cluster.url() });
      await operator.connect();
      postgres = { ...cluster, operator };
    }, 60_000);
    afterAll(async () => {
      await postgres?.operator.end();
      await postgres?.stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    }, 60_000);
    suite(() => postgres);
  });
}
