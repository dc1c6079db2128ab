import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaSettings } from '../../support/kafka/kafka';
import { Installation } from '../../support/distributed/installation';
import { TestServers, QUICK, type ServerShare, whyNotDistributed } from '../../support/distributed/test-servers';
import { startTally, type CommandLineRun } from '../../support/tally';
import { call, type TestResponse } from '../../support/server';
import { ThirdPartyClient } from './third-party-client';

/** Includes the wait for other specs that start the distributed form. */
const START_MILLISECONDS = 1_800_000;
const TAIL = 4_000;
/** A directory for the output of the processes. */
const LOGS = process.env['FAULT_LOGS'];
const LEVEL = process.env['FAULT_LEVEL'] ?? 'info';

/** An installation of the distributed form on real servers, and a third-party client of the same Kafka. */
export interface FaultCluster {
  readonly servers: TestServers;
  readonly share: ServerShare;
  readonly installation: Installation;
  readonly thirdParty: ThirdPartyClient;
}

export interface FaultClusterOptions {
  readonly kafka?: KafkaSettings;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A suite with its own installation. It is skipped with the reason if the distributed form is not available. */
export function describeOnCluster(
  name: string,
  options: FaultClusterOptions,
  suite: (cluster: () => FaultCluster) => void,
): void {
  const why = whyNotDistributed();
  if (why !== undefined) {
    process.stderr.write(`skipped: ${name}: ${why}\n`);
    describe(name, () => test.skip(`skipped: ${why}`, () => undefined));
    return;
  }
  describe(name, () => {
    let servers: TestServers | undefined;
    let cluster: FaultCluster | undefined;
    beforeAll(async () => {
      servers = await TestServers.start({ kafka: options.kafka, postgres: QUICK, serial: true });
      cluster = await startCluster(servers, options);
    }, START_MILLISECONDS);
    afterAll(async () => {
      if (LOGS !== undefined && cluster) keepLogs(LOGS, cluster.installation);
      await cluster?.thirdParty.close();
      await cluster?.installation.stop();
      await servers?.stop();
    }, 60_000);
    suite(() => {
      if (!cluster) throw new Error('The installation did not start: see the first failure.');
      return cluster;
    });
  });
}

async function startCluster(servers: TestServers, { environment }: FaultClusterOptions): Promise<FaultCluster> {
  const share = await servers.share();
  const installation = await Installation.start({
    environment: { ...share.environment, TALLY_LOG_LEVEL: LEVEL, ...environment },
  });
  const thirdParty = new ThirdPartyClient(servers.kafka.addresses, share.prefix);
  return { servers, share, installation, thirdParty };
}

/** A test whose error contains the last output of the processes. */
export function faultTest(
  name: string,
  cluster: () => FaultCluster,
  run: (cluster: FaultCluster) => Promise<void>,
  milliseconds = 180_000,
): void {
  test(
    name,
    async () => {
      try {
        await run(cluster());
      } catch (error) {
        (error as Error).message += `\n${lastWords(cluster().installation)}`;
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

export const operator = (
  { installation: { url, operatorKey } }: FaultCluster,
  path: string,
  body?: object,
): Promise<TestResponse> => call(url + path, { key: operatorKey, body });

export function tally(
  { installation: { url, operatorKey } }: FaultCluster,
  ...args: string[]
): Promise<CommandLineRun> {
  return startTally(args, { environment: { TALLY_URL: url, TALLY_KEY: operatorKey } }).done;
}
