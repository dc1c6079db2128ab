import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Installation } from '../support/distributed/installation';
import { TestServers, QUICK, whyNotDistributed } from '../support/distributed/test-servers';
import type { ServerProcess } from '../support/server-process';
import { playInput } from './support/same-input';
import { newDirectory, startOneProcess, startStandalone, useForm } from '../support/server';

/** All that are not about the one process itself (its start, its files, its README). */
const JOURNEYS = [
  'journeys/access',
  'journeys/at-once',
  'journeys/bad-input',
  'journeys/events',
  'journeys/http-forms',
  'journeys/import-rows',
  'journeys/jobs',
  'journeys/jobs-at-once',
  'journeys/organizations',
  'journeys/outcomes',
  'journeys/platform',
  'journeys/reading',
  'journeys/security',
  'journeys/strict',
  'long/import',
] as const;

/** Until the other specs of this size are through, too. */
const WAIT = 1_800_000;

const why = whyNotDistributed();
if (why === undefined) {
  let servers: TestServers;
  beforeAll(async () => void (servers = await TestServers.start({ postgres: QUICK, serial: true })), WAIT);
  afterAll(() => servers.stop());

  useForm(async (data, { flags = [], environment = {} }) => {
    const share = await servers.share();
    const installation = await Installation.start({
      // A journey revokes a key and sees at once that it is gone, whichever process it asks.
      environment: { ...share.environment, TALLY_KEY_CACHE_SECONDS: '0', ...environment },
      flags,
    });
    const demo = await installation.demo();
    writeFileSync(join(data, 'demo.json'), JSON.stringify(demo));
    return { ...demo, data, process: asOne(installation) };
  });
  describe('On Kafka, PostgreSQL and the protocol of EventStoreDB, with two ledgers:', () => {
    for (const journey of JOURNEYS)
      describe(journey, () => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        require(`../${journey}.spec`);
      });

    test('the same input comes to the same streams and balances as in one process, byte by byte', async () => {
      const flags = ['--catalog', 'catalogs/leapocr.yaml'];
      const forms = [startOneProcess(newDirectory(), { flags }), startStandalone(undefined, { flags })];
      const servers = await Promise.all(forms);
      const [one, many] = await Promise.all(servers.map(playInput));
      expect(JSON.stringify(many)).toBe(JSON.stringify(one));
      expect(JSON.stringify(one)).toContain('CreditsRefunded');
      for (const server of servers) expect(await server.process.stop()).toBe(0);
    });
  });
  // (of the journeys' own limits the last one would count for all)
  jest.setTimeout(300_000);
} else {
  process.stderr.write(`skipped: the journeys on the distributed form: ${why}\n`);
  test.skip(`skipped: ${why}`, () => undefined);
}

/** To a test all processes are one server. */
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
