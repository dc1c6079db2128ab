import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaSettings } from '../../support/kafka/kafka';
import { Installation } from '../../support/distributed/installation';
import { Parts, QUICK, type Share, whyNotDistributed } from '../../support/distributed/test-servers';
import { startTally, type Ran } from '../../support/tally';
import { call, type Answer } from '../../support/server';
import { ForeignClient } from './third-party-client';

/** Until the other specs of this size are through, too. */
const START_MILLISECONDS = 1_800_000;
const TAIL = 4_000;
/** A directory for all that the processes have said. */
const LOGS = process.env['FAULT_LOGS'];
const LEVEL = process.env['FAULT_LEVEL'] ?? 'info';

/** The distributed form on real parts, and a foreign client of the same Kafka. */
export interface World {
  readonly parts: Parts;
  readonly share: Share;
  readonly installation: Installation;
  readonly foreign: ForeignClient;
}

export interface WorldOptions {
  readonly kafka?: KafkaSettings;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A suite on an installation of its own; where none can be had it says why it is left out. */
export function describeWorld(name: string, options: WorldOptions, suite: (world: () => World) => void): void {
  const why = whyNotDistributed();
  if (why !== undefined) {
    process.stderr.write(`skipped: ${name}: ${why}\n`);
    describe(name, () => test.skip(`skipped: ${why}`, () => undefined));
    return;
  }
  describe(name, () => {
    let parts: Parts | undefined;
    let world: World | undefined;
    beforeAll(async () => {
      parts = await Parts.start({ kafka: options.kafka, postgres: QUICK, alone: true });
      world = await startWorld(parts, options);
    }, START_MILLISECONDS);
    afterAll(async () => {
      if (LOGS !== undefined && world) keepLogs(LOGS, world.installation);
      await world?.foreign.close();
      await world?.installation.stop();
      await parts?.stop();
    }, 60_000);
    suite(() => {
      if (!world) throw new Error('The installation did not come up: see the first failure.');
      return world;
    });
  });
}

async function startWorld(parts: Parts, { environment }: WorldOptions): Promise<World> {
  const share = await parts.share();
  const installation = await Installation.start({
    environment: { ...share.environment, TALLY_LOG_LEVEL: LEVEL, ...environment },
  });
  const foreign = new ForeignClient(parts.kafka.addresses, share.prefix);
  return { parts, share, installation, foreign };
}

/** A test whose failure also tells what the processes have said last. */
export function faultTest(
  name: string,
  world: () => World,
  run: (world: World) => Promise<void>,
  milliseconds = 180_000,
): void {
  test(
    name,
    async () => {
      try {
        await run(world());
      } catch (error) {
        (error as Error).message += `\n${lastWords(world().installation)}`;
        throw error;
      }
    },
    milliseconds,
  );
}

function keepLogs(directory: string, { processes }: Installation): void {
  mkdirSync(directory, { recursive: true });
  processes.forEach(({ out, err }, at) => writeFileSync(join(directory, `process-${at}.log`), out + err));
}

const lastWords = ({ processes }: Installation): string =>
  processes.map(({ out, err }, at) => `--- process ${at}\n${out.slice(-TAIL)}${err.slice(-TAIL)}`).join('\n');

export const operator = ({ installation: { url, operatorKey } }: World, path: string, body?: object): Promise<Answer> =>
  call(url + path, { key: operatorKey, body });

export function tally({ installation: { url, operatorKey } }: World, ...args: string[]): Promise<Ran> {
  return startTally(args, { environment: { TALLY_URL: url, TALLY_KEY: operatorKey } }).done;
}
