import { join, resolve } from 'node:path';
import { Installation } from '../../test/support/distributed/installation';
import type { TestServers } from '../../test/support/distributed/test-servers';
import { ROOT } from '../../test/support/server-process';
import { atEnd, temporaryDirectory } from '../harness/cleanup';
import { spawned } from '../harness/spawned';
import { Accounts } from '../http/accounts';
import { OPERATOR_KEY, startStandalone } from '../http/server';
import { RESERVED } from '../support/leapocr';
import { SESSION_MILLISECONDS, type Side } from './side';

const TEST_SERVER = join(ROOT, 'dist/test/support/eventstoredb/main.js');
const SETTINGS = {
  TALLY_OPERATOR_KEY: OPERATOR_KEY,
  TALLY_CATALOG: resolve('catalogs/leapocr.yaml'),
  TALLY_KAFKA_SESSION_MS: String(SESSION_MILLISECONDS),
};

/** Ledgers on Kafka and PostgreSQL, with streams in a test server in its own process. */
export async function startDistributed(servers: TestServers, ledgers: number, organizations: number): Promise<Side> {
  const { environment, prefix } = await servers.share();
  const eventStore = await spawned(TEST_SERVER, ['--port', '0', '--timing', 'quick'], /127\.0\.0\.1:\d+/);
  const installation = await Installation.start({
    environment: { ...environment, ...SETTINGS, TALLY_EVENT_STORE: `esdb://${eventStore.output}?tls=false` },
    ledgers,
  });
  const forget = atEnd(() => installation.processes.forEach((it) => it.signal('SIGKILL')));
  const accounts = new Accounts(installation.ledgerUrls[0]!, OPERATOR_KEY, organizations);
  await accounts.open();
  return {
    prefix,
    group: 'tallystick.credit-ledger',
    pids: installation.ledgers.map(({ pid }) => pid),
    eventStore: eventStore.pid,
    publishes: true,
    settled: (jobs, open) => accounts.settled(jobs, RESERVED * open),
    stop: async () => {
      accounts.close();
      await installation.stop();
      forget();
      await eventStore.stop();
    },
  };
}

/** One process with Kafka as bus: the limit of the bus. */
export async function startOnSqlite(servers: TestServers, organizations: number): Promise<Side> {
  const { environment, prefix } = await servers.share();
  const directory = temporaryDirectory();
  const server = await startStandalone(directory.path, {
    ...SETTINGS,
    TALLY_BUS: environment['TALLY_BUS']!,
  });
  const accounts = new Accounts(server.url, OPERATOR_KEY, organizations);
  await accounts.open();
  return {
    prefix,
    group: 'tallystick.standalone',
    pids: [server.pid],
    publishes: true,
    settled: (jobs, open) => accounts.settled(jobs, RESERVED * open),
    stop: async () => {
      accounts.close();
      await server.stop();
      directory.remove();
    },
  };
}
