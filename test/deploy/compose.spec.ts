import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { PLATFORM_SETTINGS } from '@tallystick/platform';
import { ALL_SETTINGS } from '../../tools/generate/all-settings';
import { type ComposeFile, type ComposeService, environmentOf, readCompose } from '../support/compose';
import { describeWithTool, type GoTool } from '../support/go-tool';

const ROOT = join(__dirname, '../..');
const FILES = ['docker-compose.yml', 'deploy/standalone.compose.yml'];
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const directory = mkdtempSync(join(tmpdir(), 'tallystick-compose-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The library with which `docker compose` parses its files. Its command parses a file and reports errors. */
const COMPOSE: GoTool = {
  name: 'compose',
  path: 'github.com/compose-spec/compose-go/v2/cmd',
  version: 'v2.16.2',
  installed: ['docker', 'compose'],
};

describeWithTool('Docker compose', COMPOSE, (run, built) => {
  const check = (file: string) =>
    run(built ? [basename(file)] : ['--file', basename(file), 'config', '--quiet'], dirname(file));

  test.each(FILES)('takes %s', (file) => {
    expect(check(join(ROOT, file))).toMatchObject({ code: 0, err: '' });
  });

  test('reports an invalid file', () => {
    const file = join(directory, 'docker-compose.yml');
    cpSync(join(ROOT, 'docker-compose.yml'), file);
    writeFileSync(file, read('docker-compose.yml').replace('    ports: [', '    prots: ['));
    const { code, err } = check(file);
    expect([code === 0, err]).toEqual([false, expect.stringContaining('prots')]);
  });
});

type ComposeRule = (service: ComposeService, name: string, file: ComposeFile) => boolean;

const isOneShot: ComposeRule = ({ restart }) => restart === 'no';
const text = (value: unknown): string => JSON.stringify(value ?? '');
const conditions = ({ services }: ComposeFile) =>
  Object.values(services).flatMap(({ depends_on: needed = {} }) => Object.entries(needed));

/** The rules for every container. */
const RULES: Readonly<Record<string, ComposeRule>> = {
  'publishes ports on this machine only': ({ ports = [], network_mode: mode }) =>
    mode === undefined && ports.every((port) => /^127\.0\.0\.1:\d+:\d+$/.test(String(port))),
  'has a health check or ends by itself': (it, name, file) =>
    isOneShot(it, name, file) ||
    (it.healthcheck?.disable !== true &&
      (it.healthcheck?.test?.[0]?.startsWith('CMD') ??
        (it.build !== undefined && /^HEALTHCHECK /m.test(read('deploy/Dockerfile'))))),
  'restarts or ends by itself': (it, name, file) => isOneShot(it, name, file) || it.restart === 'unless-stopped',
  'waits until its dependencies are healthy': ({ depends_on: needed = {} }, _, file) =>
    Object.entries(needed).every(([name, { condition }]) => {
      const other = file.services[name];
      return other && isOneShot(other, name, file)
        ? condition === 'service_completed_successfully'
        : condition === 'service_healthy';
    }),
  'is a declared dependency of its users': (it, name, file) =>
    !isOneShot(it, name, file) || conditions(file).some(([needed]) => needed === name),
  'is reachable from outside only if it publishes a port': ({ ports = [], networks = [] }, _, file) =>
    ports.length > 0 || networks.every((network) => file.networks?.[network]?.internal === true),
  'has minimal privileges': ({ security_opt: options, cap_drop: drop, privileged, user }) =>
    text(options).includes('no-new-privileges:true') &&
    text(drop) === '["ALL"]' &&
    privileged === undefined &&
    user !== 'root',
  'of Tallystick has a read-only root file system': ({ build, read_only: isReadOnly }) =>
    build === undefined || isReadOnly === true,
  'has a memory limit': ({ deploy }, name, file) =>
    isOneShot(file.services[name]!, name, file) || /"memory":"\d+[MG]"/.test(text(deploy)),
  'has time to stop': ({ stop_grace_period: time = '10s' }) =>
    parseInt(time) > Number(PLATFORM_SETTINGS.stopSeconds.default),
  'pins the version of a third-party image': ({ image = '', build }) =>
    build !== undefined || /:\d[\w.-]*$/.test(image),
  'keeps its data in a named volume': ({ volumes = [] }, _, file) =>
    volumes.every((volume) => Object.hasOwn(file.volumes ?? {}, volume.split(':')[0]!)),
  'gets no secret in plain text': ({ environment = {}, command }) =>
    !Object.keys(environment).some((name) => /(PASSWORD|SECRET|TOKEN|_KEY)$/.test(name)) &&
    !/\/\/[^/"]*:[^/"]*@/.test(text(environment) + text(command)),
};

const breaches = (file: ComposeFile): string[] =>
  Object.entries(file.services).flatMap(([name, service]) =>
    Object.entries(RULES).flatMap(([rule, holds]) => (holds(service, name, file) ? [] : [`${name} ${rule}`])),
  );

describe('every container', () => {
  test.each(FILES)('of %s follows the rules', (file) => {
    expect(breaches(readCompose(file))).toEqual([]);
  });

  // A planted violation of each rule.
  const planted: readonly (readonly [string, string, object])[] = [
    ['publishes ports on this machine only', 'job-intake', { ports: ['4400:4400'] }],
    ['publishes ports on this machine only', 'credit-ledger', { network_mode: 'host' }],
    ['has a health check or ends by itself', 'kafka', { healthcheck: undefined }],
    ['has a health check or ends by itself', 'credit-ledger', { healthcheck: { disable: true } }],
    ['restarts or ends by itself', 'postgres', { restart: undefined }],
    ['waits until its dependencies are healthy', 'job-intake', { depends_on: { 'credit-ledger': {} } }],
    ['is a declared dependency of its users', 'job-intake', { restart: 'no' }],
    ['is reachable from outside only if it publishes a port', 'eventstoredb', { networks: ['outside'] }],
    ['has minimal privileges', 'kafka', { privileged: true }],
    ['of Tallystick has a read-only root file system', 'credit-ledger', { read_only: false }],
    ['has a memory limit', 'kafka', { deploy: {} }],
    ['has time to stop', 'job-intake', { stop_grace_period: '10s' }],
    ['pins the version of a third-party image', 'postgres', { image: 'postgres:latest' }],
    ['keeps its data in a named volume', 'kafka', { volumes: ['./kafka:/var/lib/kafka/data'] }],
    ['gets no secret in plain text', 'postgres', { environment: { POSTGRES_PASSWORD: 'postgres' } }],
    ['gets no secret in plain text', 'credit-ledger', { environment: { X: 'postgres://a:b@postgres/c' } }],
  ];
  test.each(planted)('the rule "%s" detects %s', (rule, name, change) => {
    const file = readCompose();
    const services = { ...file.services, [name]: { ...file.services[name], ...change } };
    expect(breaches({ ...file, services })).toContain(`${name} ${rule}`);
  });

  test('every rule has a planted violation', () => {
    expect(Object.keys(RULES).filter((rule) => !planted.some(([it]) => it === rule))).toEqual([]);
  });
});

describe('the distributed form', () => {
  const { services } = readCompose();

  test('has two ledgers and two processes of billing behind one intake, which is the only public service', () => {
    expect(Object.keys(services).sort()).toEqual(
      ['billing', 'credit-ledger', 'eventstoredb', 'job-intake', 'kafka', 'keys', 'postgres'].sort(),
    );
    for (const name of ['credit-ledger', 'billing']) expect(services[name]).toMatchObject({ deploy: { replicas: 2 } });
    expect(Object.keys(services).filter((name) => services[name]!.ports)).toEqual(['job-intake']);
    expect(environmentOf('job-intake')['TALLY_LEDGER_URL']).toBe('http://credit-ledger:4401');
    expect(environmentOf('billing')['TALLY_LEDGER_URL']).toBe('http://credit-ledger:4401');
    expect(environmentOf('job-intake')['TALLY_BILLING_URL']).toBe('http://billing:4401');
    for (const name of ['credit-ledger', 'billing'])
      expect(environmentOf(name)['TALLY_INTERNAL_LISTEN']).toBe('0.0.0.0:4401');
  });

  test('uses a free version of EventStoreDB: up to 24.6', () => {
    const [, major, minor] = /:(\d+)\.(\d+)/.exec(services['eventstoredb']!.image!) ?? [];
    expect(Number(major) * 100 + Number(minor)).toBeLessThanOrEqual(2406);
  });

  test('sends no telemetry', () => {
    expect(environmentOf('eventstoredb')['EVENTSTORE_TELEMETRY_OPTOUT']).toBe('true');
  });

  test('reads every key file of make-keys.cjs, whose keys differ per installation', () => {
    const make = (name: string) => {
      const folder = mkdtempSync(join(directory, name));
      execFileSync(process.execPath, [join(ROOT, 'deploy/make-keys.cjs'), folder]);
      return folder;
    };
    const keysIn = (folder: string) =>
      Object.fromEntries(readdirSync(folder).map((it) => [it, readFileSync(join(folder, it), 'utf8')]));
    const folder = make('a');
    const keys = keysIn(folder);
    const named = Object.values(services).flatMap(({ environment = {} }) =>
      Object.values(environment).flatMap((it) => /^\/keys\/(.+)$/.exec(String(it))?.[1] ?? []),
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(keys).sort());
    for (const name of Object.keys(keys)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o400);
    expect(PLATFORM_SETTINGS.operatorKey.read(keys['operator-key']!)).toBe(keys['operator-key']);
    expect(PLATFORM_SETTINGS.ledgerKey.read(keys['ledger-key']!)).toBe(keys['ledger-key']);
    expect(new URL(keys['views-url']!).password).toBe(keys['postgres-password']);

    // A second run keeps all files. A run in another directory creates different keys.
    execFileSync(process.execPath, [join(ROOT, 'deploy/make-keys.cjs'), folder]);
    expect(keysIn(folder)).toEqual(keys);
    const others = Object.values(keysIn(make('b')));
    expect(Object.values(keys).filter((key) => others.includes(key))).toEqual([]);
  });
});

describe('settings', () => {
  const settings = new Map(ALL_SETTINGS.map((setting) => [setting.name, setting]));
  /** The command line's own (docs/cli.md). */
  const clients = new Set(['TALLY_URL', 'TALLY_KEY', 'TALLY_KEY_FILE']);
  const known = (name: string): boolean => clients.has(name) || settings.has(name.replace(/_FILE$/, ''));
  const unknown = (named: string): string[] =>
    [...new Set(named.match(/\bTALLY_[A-Z][A-Z_]*[A-Z]\b/g))].filter((name) => !known(name));
  const files = [
    'docker-compose.yml',
    ...readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' })
      .map((file) => join('deploy', file))
      .filter((file) => statSync(join(ROOT, file)).isFile()),
  ];

  test('in deployment files exist', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(files.flatMap((file) => unknown(read(file)).map((name) => `${file}: ${name}`))).toEqual([]);
    expect(unknown('TALLY_LISTEN, TALLY_LISTENS, TALLY_VIEWS_FILE')).toEqual(['TALLY_LISTENS']);
  });

  test.each(['job-intake', 'credit-ledger', 'billing'])('of %s in docker-compose.yml have valid values', (name) => {
    const plain = Object.entries(environmentOf(name)).filter(([setting]) => !setting.endsWith('_FILE'));
    const refused = plain.filter(([setting, value]) => settings.get(setting)!.read(value) === undefined);
    expect(refused).toEqual([]);
  });
});
