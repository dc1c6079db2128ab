import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { checkTopics, KafkaBus, partitionOf, type KafkaConnection } from '@tallystick/adapters/kafka';
import { isBinary, parseBinary, parseStructured } from '@tallystick/contracts/intake';
import type { ReceivedMessage } from '@tallystick/eventing';
import { messages, numbers, Servers, text, until } from '../../support/kafka/bus-fixture';
import { javaCommand } from '../../support/kafka/java-process';
import { describeWithKafka } from '../../support/kafka/kafka';

jest.setTimeout(60_000);
beforeAll(() => Logger.overrideLogger(false));

const run = promisify(execFile);
const PARTITIONS = 6;
const hasKcat = spawnSync('kcat', ['-V']).status === 0;
const testWithKcat = hasKcat ? test : test.skip;
const why = hasKcat ? '' : ' (skipped: there is no kcat on this machine)';

const event = (id: string) => ({
  specversion: '1.0',
  id,
  source: 'ocr',
  type: 'tallystick.job.completed',
  datacontenttype: 'application/json',
  data: { id: `job-${id}`, organizationId: 'org-1' },
});
const STRUCTURED = 'content-type:application/cloudevents+json';
const BINARY = [
  'ce_specversion:1.0',
  'ce_id:2',
  'ce_source:ocr',
  'ce_type:tallystick.job.completed',
  'content-type:application/json',
];

/** Creates the topics, as the consumer of the ledger does. */
function read({ headers, value }: ReceivedMessage) {
  const body = JSON.parse(Buffer.from(value).toString()) as unknown;
  const parsed = isBinary(headers, 'ce_') ? parseBinary(headers, 'ce_', body) : parseStructured(body);
  return parsed.ok ? parsed.event : parsed.errors;
}

describeWithKafka('Third-party producers and consumers', {}, (kafka) => {
  let connection: KafkaConnection;
  let bus: KafkaBus;
  const servers = new Servers(() => connection);
  const seen: ReceivedMessage[] = [];
  beforeAll(async () => {
    connection = { brokers: kafka().addresses };
    bus = new KafkaBus(connection);
    const topics = ['jobs.lifecycle', 'credits.events'].map((name) => ({ name }));
    const settings = {
      partitions: PARTITIONS,
      replication: 1,
      minInSync: 1,
      retentionMilliseconds: 86_400_000,
    };
    await checkTopics(connection, { ...settings, topics });
    servers.start('ledger', 'jobs.lifecycle', async (batch) => seen.push(...batch));
  });
  beforeEach(() => void seen.splice(0));
  afterAll(async () => {
    await servers.close();
    await bus.close();
  });

  const pipe = async (command: string, args: readonly string[], lines: readonly string[]) => {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
    expect((await once(child, 'exit'))[0]).toBe(0);
  };
  const kcat = (args: readonly string[], lines: readonly string[]) =>
    pipe('kcat', ['-P', '-b', connection.brokers[0]!, '-t', 'jobs.lifecycle', '-K', '|', ...args], lines);
  const javaProducer = (properties: readonly string[], lines: readonly string[], rest: readonly string[] = []) => {
    const common = ['--bootstrap-server', connection.brokers[0]!, '--topic', 'jobs.lifecycle', ...rest];
    const [java, ...args] = javaCommand('kafka.tools.ConsoleProducer', [
      ...common,
      ...['parse.key=true', 'key.separator=|', ...properties].flatMap((it) => ['--property', it]),
    ]);
    return pipe(java!, args, lines);
  };

  test('the Java producer chooses the same partitions, and its headers and events can be read', async () => {
    const keys = numbers(0, 40).map((n) => `organization-${n}`);
    const lines = keys.map((key) => `${STRUCTURED}|${key}|${JSON.stringify(event(key))}`);
    await javaProducer(['parse.headers=true', 'headers.delimiter=|'], lines);
    await until(() => seen.length === 40);
    expect(seen.map(({ key, partition }) => [key, partition]).sort()).toEqual(
      keys.map((key) => [key, partitionOf(key, PARTITIONS)]).sort(),
    );
    expect(seen.map(read)).toEqual(seen.map(({ key }) => expect.objectContaining({ id: key, source: 'ocr' })));
    expect(Math.abs(seen[0]!.timestamp - Date.now())).toBeLessThan(60_000);
  });

  test.each(['lz4', 'snappy', 'zstd', 'gzip'])('messages compressed with %s can be read', async (codec) => {
    await javaProducer([], ['k|{"packed":1}', 'k|{"packed":2}'], [`--compression-codec=${codec}`]);
    await until(() => seen.length === 2);
    expect(seen.map(text)).toEqual(['{"packed":1}', '{"packed":2}']);
  });

  testWithKcat(`kcat: structured and binary events, with another partitioner${why}`, async () => {
    await kcat(
      ['-H', STRUCTURED.replace(':', '='), '-X', 'partitioner=consistent'],
      [`org-1|${JSON.stringify(event('1'))}`],
    );
    const headers = BINARY.flatMap((header) => ['-H', header.replace(':', '=')]);
    await kcat([...headers, '-X', 'partitioner=consistent'], [`org-1|${JSON.stringify(event('2').data)}`]);
    await until(() => seen.length === 2);
    expect(seen.map(read)).toEqual(
      ['1', '2'].map((id) =>
        expect.objectContaining({ id, source: 'ocr', type: 'tallystick.job.completed', data: event(id).data }),
      ),
    );
  });

  testWithKcat(`kcat: no key, no value, odd headers${why}`, async () => {
    const headers = ['-H', 'a=1', '-H', 'a=2', '-H', 'constructor=x', '-H', '__proto__=y', '-H', 'empty'];
    await pipe(
      'kcat',
      ['-P', '-b', connection.brokers[0]!, '-t', 'jobs.lifecycle', '-Z', '-K', '|', ...headers],
      ['|'],
    );
    await until(() => seen.length === 1);
    const [{ key, value, headers: got }] = seen as [ReceivedMessage];
    expect([key, value.byteLength]).toEqual(['', 0]);
    expect(Object.entries(got).sort()).toEqual([
      ['__proto__', 'y'],
      ['a', '2'],
      ['constructor', 'x'],
      ['empty', ''],
    ]);
  });

  testWithKcat(`a third-party consumer reads the published events in order${why}`, async () => {
    const headers = { stream: 'credits-org-1', revision: '7', type: 'CreditsReserved', schema: '1' };
    await bus.publish(
      'credits.events',
      messages('org-1', ...numbers(0, 500)).map((it) => ({ ...it, headers })),
    );
    const args = ['-C', '-b', connection.brokers[0]!, '-t', 'credits.events', '-e', '-q', '-f', '%k %s %h\\n'];
    const { stdout } = await run('kcat', args);
    const tail = 'stream=credits-org-1,revision=7,type=CreditsReserved,schema=1';
    expect(stdout.trim().split('\n')).toEqual(numbers(0, 500).map((n) => `org-1 ${n} ${tail}`));
  });
});
