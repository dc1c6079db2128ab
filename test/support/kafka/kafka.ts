import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { freePorts } from '../free-ports';
import { JavaProcess, javaCommand } from './java-process';
import { whyNoKafka } from './jars';
import { makeKeys, securitySettings, SCRAM_USERS, type BrokerKeys } from './security';

const run = promisify(execFile);
const LOGGING = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %m (%c)%n
`;

export interface KafkaSettings {
  readonly brokers?: 1 | 3;
  /** Adds a listener with TLS and a user. */
  readonly secured?: boolean;
  readonly properties?: Readonly<Record<string, string | number>>;
  /** Options of Java instead of those for tests. */
  readonly java?: readonly string[];
}

/** A real Apache Kafka with one or three brokers on this machine. */
export interface RealKafka {
  readonly addresses: readonly string[];
  readonly brokers: readonly JavaProcess[];
  readonly secured?: { readonly address: string; readonly certificate: string };
  stop(): Promise<void>;
}

export async function startKafka(settings: KafkaSettings = {}): Promise<RealKafka> {
  const count = settings.brokers ?? 1;
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-kafka-'));
  const ports = await freePorts(count * 3);
  const keys = settings.secured ? makeKeys(directory) : undefined;
  const clusterId = randomBytes(16).toString('base64url');
  const logging = join(directory, 'log4j.properties');
  writeFileSync(logging, LOGGING);
  const brokers: JavaProcess[] = [];
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.kill()));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const file = join(directory, `broker-${index}.properties`);
        writeFileSync(file, propertiesOf(index, count, ports, join(directory, `data-${index}`), settings, keys));
        mkdirSync(join(directory, `data-${index}`));
        const options = [`-Dlog4j.configuration=file:${logging}`, ...(settings.java ?? [])];
        const scram = keys ? SCRAM_USERS.flatMap((user) => ['--add-scram', user]) : [];
        // An id can start with a dash, which would look like another option.
        const format = ['format', `--cluster-id=${clusterId}`, '-c', file, ...scram];
        const [java, ...rest] = javaCommand('kafka.tools.StorageTool', format, options);
        await run(java!, rest);
        const log = join(directory, `broker-${index}.log`);
        const broker = new JavaProcess(javaCommand('kafka.Kafka', [file], options), log, ports[index * 3]!);
        brokers[index] = broker;
        await broker.start();
      }),
    );
    await allThere(count, ports[0]!);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    addresses: brokers.map((_, index) => `127.0.0.1:${ports[index * 3]}`),
    brokers,
    stop,
    ...(keys && { secured: { address: `localhost:${ports[2]}`, certificate: keys.certificate } }),
  };
}

function propertiesOf(
  index: number,
  count: number,
  ports: readonly number[],
  data: string,
  settings: KafkaSettings,
  keys: BrokerKeys | undefined,
): string {
  const [port, controller, securedPort] = ports.slice(index * 3);
  const voters = Array.from({ length: count }, (_, i) => `${i + 1}@127.0.0.1:${ports[i * 3 + 1]}`).join(',');
  const plain = `PLAINTEXT://127.0.0.1:${port}`;
  const listeners = keys ? `${plain},SECURED://localhost:${securedPort}` : plain;
  const properties: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT' + (keys ? ',SECURED:SASL_SSL' : ''),
    listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': listeners,
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': count,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    // Without the initial delay of production.
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 300,
    'group.min.session.timeout.ms': 500,
    'log.retention.check.interval.ms': 500,
    ...(keys && securitySettings(keys)),
    ...settings.properties,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Waits for all brokers, because a topic gets its replicas on the available brokers. */
async function allThere(count: number, port: number): Promise<void> {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  for (let there = 0; there < count; await pause(50)) there = (await admin.describeCluster()).brokers.length;
  await admin.disconnect();
}

/** A suite that needs a real Kafka. It is skipped with the reason if Kafka is not available. */
export function describeWithKafka(
  name: string,
  settings: KafkaSettings,
  suite: (kafka: () => RealKafka) => void,
): void {
  const why = whyNoKafka();
  if (why !== undefined) {
    // jest reports no test of a suite that is skipped as a whole.
    process.stderr.write(`skipped: ${name}: ${why}\n`);
    describe(name, () => test.skip(`skipped: ${why}`, () => undefined));
    return;
  }
  describe(name, () => {
    let kafka: RealKafka | undefined;
    beforeAll(async () => void (kafka = await startKafka(settings)), 120_000);
    afterAll(() => kafka?.stop());
    suite(() => {
      if (!kafka) throw new Error('Kafka did not come up: see the first failure.');
      return kafka;
    });
  });
}
