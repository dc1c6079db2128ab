import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerProcess } from '../support/server-process';
import { call } from '../support/server';
import { eventually } from '../support/callers';
import { describeOnCluster, faultTest, type FaultCluster } from './support/fault-cluster';

const TEST_MILLISECONDS = 180_000;
/** Time limit of a start that fails immediately, on a loaded machine. */
const AT_ONCE_MILLISECONDS = 20_000;
const KEY = 'a-key-for-servers-that-start-late';

const ledgerOf = ({ share }: FaultCluster, more: Readonly<Record<string, string>> = {}) =>
  new ServerProcess({
    app: 'credit-ledger',
    flags: ['--port', '0'],
    environment: {
      ...share.environment,
      TALLY_LOG_FORMAT: 'json',
      TALLY_OPERATOR_KEY: KEY,
      TALLY_LEDGER_KEY: `${KEY}-internal`,
      ...more,
    },
  });

interface Late {
  readonly part: string;
  readonly away: (cluster: FaultCluster) => Promise<unknown>;
  readonly back: (cluster: FaultCluster) => Promise<unknown>;
}
const LATE: readonly Late[] = [
  {
    part: 'event store',
    away: ({ share }) => share.eventStore.down(),
    back: ({ share }) => share.eventStore.up(),
  },
  {
    part: 'record store',
    away: ({ servers }) => servers.postgres.stop(),
    back: ({ servers }) => servers.postgres.start(),
  },
  {
    part: 'bus',
    away: ({ servers }) => Promise.all(servers.kafka.brokers.map((broker) => broker.kill())),
    back: ({ servers }) => Promise.all(servers.kafka.brokers.map((broker) => broker.start())),
  },
];

const WRONG: readonly (readonly [string, (cluster: FaultCluster) => Record<string, string>])[] = [
  ['an address that cannot be read', () => ({ TALLY_EVENT_STORE: 'esdb://host:port' })],
  ['a web server that is no EventStoreDB', () => ({ TALLY_EVENT_STORE: `esdb://127.0.0.1:${port}?tls=false` })],
  ['a database that is not there', ({ servers }) => ({ TALLY_VIEWS: servers.postgres.url('nothing') })],
];

let other: Server;
let port = 0;
beforeAll(async () => {
  other = createServer((_, response) => response.end('Hello.'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  ({ port } = other.address() as AddressInfo);
});
afterAll(() => other.close());

describeOnCluster('Servers that start after the service', {}, (cluster) => {
  for (const { part, away, back } of LATE)
    faultTest(
      `${part}: the start waits for it and reports that`,
      cluster,
      async (it) => {
        await away(it);
        const ledger = ledgerOf(it, { TALLY_START_WAIT_SECONDS: '120' });
        await ledger.until(() => ledger.out.includes(`Waiting for the ${part}`), 'the wait is reported');
        await back(it);
        const began = performance.now();
        const url = await ledger.url();
        process.stderr.write(`${part}: serving ${Math.round(performance.now() - began)} ms after it came up\n`);
        const ready = await eventually(
          () => call(`${url}/health/ready`),
          ({ status }) => status === 200,
          60_000,
        );
        expect(ready.body).toMatchObject({
          stores: {
            eventStore: { kind: 'esdb', at: `esdb://127.0.0.1:${it.share.eventStore.port}` },
            views: { kind: 'postgres' },
            bus: { kind: 'kafka' },
          },
        });
        expect(await ledger.stop()).toBe(0);
      },
      TEST_MILLISECONDS,
    );

  faultTest(
    'a server that does not start ends the start of the service after the time limit, with a message',
    cluster,
    async (it) => {
      await it.share.eventStore.down();
      const ledger = ledgerOf(it, { TALLY_START_WAIT_SECONDS: '2' });
      expect(await ledger.ended).toBe(1);
      await it.share.eventStore.up();
      expect(ledger.err).toContain('The event store at 127.0.0.1');
    },
    TEST_MILLISECONDS,
  );

  for (const [what, more] of WRONG)
    faultTest(
      `${what} ends the start at once`,
      cluster,
      async (it) => {
        const began = performance.now();
        const ledger = ledgerOf(it, { TALLY_START_WAIT_SECONDS: '120', ...more(it) });
        expect(await ledger.ended).toBe(1);
        expect(performance.now() - began).toBeLessThan(AT_ONCE_MILLISECONDS);
        expect(ledger.err.trim().split('\n')).toHaveLength(1);
      },
      TEST_MILLISECONDS,
    );
});
