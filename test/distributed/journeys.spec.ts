import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Installation } from '../support/distributed/installation';
import { TestServers, QUICK, whyNotDistributed } from '../support/distributed/test-servers';
import type { ServerProcess } from '../support/server-process';
import { playInput } from './support/same-input';
import { newDirectory, startOneProcess, startStandalone, useForm } from '../support/server';
import { shareServers } from '../support/use-server';

const API = readdirSync(join(__dirname, '../api'))
  .filter((file) => file.endsWith('.spec.ts'))
  .map((file) => `api/${file}`);

/** The specs that do not depend on the standalone process: all of test/api, and these. */
const SPECS = [...API, 'journeys/import-rows.spec', 'journeys/separate-processes.spec', 'long/import.spec'];

/** Includes the wait for other specs that start the distributed form. */
const WAIT = 1_800_000;

const why = whyNotDistributed();
if (why === undefined) {
  let servers: TestServers;
  beforeAll(async () => void (servers = await TestServers.start({ postgres: QUICK, serial: true })), WAIT);
  // An installation is several processes: files with the same settings share one.
  const stopShared = shareServers();
  afterAll(async () => {
    await stopShared();
    await servers.stop();
  }, 120_000);

  useForm(async (data, { flags = [], environment = {} }) => {
    const share = await servers.share();
    const installation = await Installation.start({
      // Tests expect that a revoked key is refused immediately by every process.
      environment: { ...share.environment, TALLY_KEY_CACHE_SECONDS: '0', ...environment },
      flags,
    });
    const demo = await installation.demo();
    writeFileSync(join(data, 'demo.json'), JSON.stringify(demo));
    return { ...demo, data, process: asOne(installation) };
  });
  describe('On Kafka, PostgreSQL and the protocol of EventStoreDB, with two ledgers:', () => {
    for (const spec of SPECS)
      describe(spec, () => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        require(`../${spec}`);
      });

    test('the same input leads to the same streams and balances as in one process, byte by byte', async () => {
      const flags = ['--catalog', 'catalogs/leapocr.yaml'];
      const forms = [startOneProcess(newDirectory(), { flags }), startStandalone(undefined, { flags })];
      const servers = await Promise.all(forms);
      const [one, many] = await Promise.all(servers.map(playInput));
      expect(JSON.stringify(many)).toBe(JSON.stringify(one));
      expect(JSON.stringify(one)).toContain('CreditsRefunded');
      for (const server of servers) expect(await server.process.stop()).toBe(0);
    });
  });
  // Overrides the time-outs that the required specs have set.
  jest.setTimeout(300_000);
} else {
  process.stderr.write(`skipped: the API tests and journeys on the distributed form: ${why}\n`);
  test.skip(`skipped: ${why}`, () => undefined);
}

/** Presents all processes of an installation as one server. */
const asOne = (installation: Installation): Omit<ServerProcess, 'pid' | 'internalUrl'> => {
  const all = () => installation.processes;
  return {
    get out() {
      return all()
        .map(({ out }) => out)
        .join('\n');
    },
    get err() {
      return all()
        .map(({ err }) => err)
        .join('\n');
    },
    get isRunning() {
      return all().every(({ isRunning }) => isRunning);
    },
    get ended() {
      return Promise.all(all().map(({ ended }) => ended)).then((codes) => codes.find((it) => it !== 0) ?? 0);
    },
    signal: (name) => all().forEach((one) => one.signal(name)),
    url: async () => installation.url,
    until: (holds, what) => installation.intake.until(holds, what),
    kill: async () => void (await Promise.all(all().map((one) => one.kill()))),
    stop: () => installation.stop(),
  };
};
