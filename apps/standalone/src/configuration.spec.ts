import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLATFORM_SETTINGS, readConfiguration, remoteLedger, settingsOf } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';
import { standalone } from './standalone';

const DECLARED = { ...creditLedger.settings, ...settingsOf({ ...standalone, remotes: [remoteLedger] }) };
const SETTINGS = { ...PLATFORM_SETTINGS, ...DECLARED };
const read = (environment: Record<string, string>, ...flags: string[]) =>
  readConfiguration(DECLARED, flags, environment);
const sentenceOf = (environment: Record<string, string>, ...flags: string[]): string => {
  try {
    read(environment, ...flags);
  } catch (error) {
    expect((error as Error).name).toBe('StartupError');
    return (error as Error).message;
  }
  return 'it started';
};

const ESDB = 'sqlite:DIR or esdb://USER:PASSWORD@HOST:2113?tls=true.';
const POSTGRES = 'sqlite:DIR or postgres://USER:PASSWORD@HOST:5432/DATABASE.';
const KAFKA = 'embedded:DIR or kafka://HOST:9092,HOST:9092.';

describe('what is not set has a default', () => {
  const configuration = read({});

  test('one process on this machine, everything in one directory', () => {
    expect(configuration.listen).toEqual({ host: '127.0.0.1', port: 4400 });
    expect(configuration.eventStore).toEqual({ directory: '.tallystick' });
    expect(configuration.bus).toEqual({ directory: '.tallystick' });
    expect(configuration.operatorKey).toBeUndefined();
  });

  test('the default catalog is the installed one in any working directory', () => {
    expect(configuration.catalog).toMatch(/^\/.*\/catalogs\/[\w-]+\.yaml$/);
  });

  test('nothing can change it later', () => {
    expect(Object.isFrozen(configuration)).toBe(true);
  });

  test('an empty value is as good as none', () => {
    expect(read({ TALLY_LISTEN: ' ', TALLY_MAX_BATCH: '' })).toMatchObject({
      listen: { port: 4400 },
      batchSize: 1000,
    });
  });
});

describe('a value is taken', () => {
  test.each([
    ['TALLY_LISTEN', '0.0.0.0:80', 'listen', { host: '0.0.0.0', port: 80 }],
    ['TALLY_LISTEN', '[::1]:0', 'listen', { host: '::1', port: 0 }],
    ['TALLY_LISTEN', 'localhost:65535', 'listen', { host: 'localhost', port: 65_535 }],
    ['TALLY_EVENT_STORE', 'sqlite:/var/lib/tally', 'eventStore', { directory: '/var/lib/tally' }],
    ['TALLY_EVENT_STORE', 'esdb://h:2113?tls=false', 'eventStore', { address: 'esdb://h:2113?tls=false' }],
    ['TALLY_VIEWS', 'postgresql://me:pw@h/db', 'views', { address: 'postgresql://me:pw@h/db' }],
    ['TALLY_BUS', 'kafka://a:1,b:2', 'bus', { address: 'kafka://a:1,b:2' }],
    ['TALLY_BUS', 'embedded:./bus', 'bus', { directory: './bus' }],
    ['TALLY_MAX_BATCH', '10', 'batchSize', 10],
    ['TALLY_RETENTION_DAYS', '0', 'retentionDays', 0],
    ['TALLY_LEDGER_URL', 'http://ledger:4401/', 'ledgerUrls', ['http://ledger:4401']],
    ['TALLY_LEDGER_URL', 'http://a:1, https://b', 'ledgerUrls', ['http://a:1', 'https://b']],
    ['TALLY_INTERNAL_LISTEN', 'none', 'internalListen', 'none'],
    ['TALLY_INTERNAL_LISTEN', '0.0.0.0:4401', 'internalListen', { host: '0.0.0.0', port: 4401 }],
    [
      'TALLY_TRUSTED_PROXIES',
      'loopback, 10.0.0.0/8,fd00::/8,::1',
      'trustedProxies',
      ['loopback', '10.0.0.0/8', 'fd00::/8', '::1'],
    ],
    ['TALLY_ALLOWED_HOSTS', 'Credits.Example.com., [fd00::5]', 'allowedHosts', ['credits.example.com', 'fd00::5']],
    ['TALLY_STRIPE', 'sandbox', 'stripe', 'sandbox'],
    ['TALLY_LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ])('%s=%s', (name, value, key, expected) => {
    expect(read({ [name]: value })).toHaveProperty(key, expected);
  });
});

describe('a wrong value stops the start with one sentence that names it', () => {
  test.each([
    [
      'TALLY_LISTEN',
      '4400',
      'TALLY_LISTEN is "4400": it must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4400 (0 takes any free port).',
    ],
    [
      'TALLY_LISTEN',
      '127.0.0.1:65536',
      'TALLY_LISTEN is "127.0.0.1:65536": it must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4400 (0 takes any free port).',
    ],
    ['TALLY_EVENT_STORE', '/var/lib', `TALLY_EVENT_STORE is "/var/lib": it must be ${ESDB}`],
    ['TALLY_EVENT_STORE', 'sqlite:', `TALLY_EVENT_STORE is "sqlite:": it must be ${ESDB}`],
    ['TALLY_EVENT_STORE', 'esdb:host', `TALLY_EVENT_STORE is "esdb:host": it must be ${ESDB}`],
    ['TALLY_VIEWS', 'mysql://me:hunter2@host/db', `TALLY_VIEWS is "mysql://…": it must be ${POSTGRES}`],
    ['TALLY_BUS', 'sqlite:./x', `TALLY_BUS is "sqlite:./x": it must be ${KAFKA}`],
    ['TALLY_BUS', 'amqp://me:hunter2@host', `TALLY_BUS is "amqp://…": it must be ${KAFKA}`],
    ['TALLY_BUS', 'amqp://me:hunter2host', `TALLY_BUS is "amqp://…": it must be ${KAFKA}`],
    ['TALLY_BUS', 'kafka:me:hunter2host', `TALLY_BUS is "kafka:…": it must be ${KAFKA}`],
    ['TALLY_BUS', 'kafka:/me:hunter2@host', `TALLY_BUS is "kafka:…": it must be ${KAFKA}`],
    ['TALLY_MAX_BATCH', 'many', 'TALLY_MAX_BATCH is "many": it must be a whole number from 1 to 1000.'],
    ['TALLY_MAX_BATCH', '0', 'TALLY_MAX_BATCH is "0": it must be a whole number from 1 to 1000.'],
    ['TALLY_MAX_BATCH', '1e3', 'TALLY_MAX_BATCH is "1e3": it must be a whole number from 1 to 1000.'],
    ['TALLY_JOB_WINDOW_DAYS', '-1', 'TALLY_JOB_WINDOW_DAYS is "-1": it must be a whole number from 1 to 3650.'],
    ['TALLY_PAGE_SIZE', '1000', 'it started'],
    ['TALLY_MAX_PAGE_SIZE', '20', 'TALLY_PAGE_SIZE is "50": it must not be greater than TALLY_MAX_PAGE_SIZE, 20.'],
    ['TALLY_LOG_LEVEL', 'loud', 'TALLY_LOG_LEVEL is "loud": it must be one of debug, info, warn, error, silent.'],
    ['TALLY_MODE', 'trial', 'TALLY_MODE is "trial": it must be one of live, test.'],
    ['TALLY_CLOCK', 'mine', 'TALLY_CLOCK is "mine": it must be one of system, sandbox.'],
    ['TALLY_PAYMENTS', 'scripted', 'TALLY_PAYMENTS is "scripted": it needs TALLY_CLOCK=sandbox.'],
    [
      'TALLY_PAYMENTS',
      'stripe',
      'TALLY_PAYMENTS is "stripe": the Stripe gateway is not part of this version. Set it to none.',
    ],
    ['TALLY_DEMO', 'yes', 'TALLY_DEMO is "yes": it must be one of auto, on, off.'],
    [
      'TALLY_OPERATOR_KEY',
      'short',
      'TALLY_OPERATOR_KEY is not usable: it must be 16 to 200 printable characters without spaces.',
    ],
    [
      'TALLY_LEDGER_URL',
      'ledger:4401',
      'TALLY_LEDGER_URL is "ledger:4401": it must be an address such as http://127.0.0.1:4401, or several with commas between them.',
    ],
    ...['10.0.0.0/33', '10.0.0.0/0', '10.0.0', 'proxy.example.com', '10.0.0.1,', '*', 'true'].map((value) => [
      'TALLY_TRUSTED_PROXIES',
      value,
      `TALLY_TRUSTED_PROXIES is "${value}": it must be addresses or networks such as 10.0.0.0/8 or fd00::/8 with commas between them, or loopback, linklocal, uniquelocal.`,
    ]),
    ...['credits.example.com:4400', 'example.com/path', 'a b', '*.example.com', 'a,,b'].map((value) => [
      'TALLY_ALLOWED_HOSTS',
      value,
      `TALLY_ALLOWED_HOSTS is "${value}": it must be names or addresses without ports, such as credits.example.com, with commas between them.`,
    ]),
    [
      'TALLY_INTERNAL_LISTEN',
      'off',
      'TALLY_INTERNAL_LISTEN is "off": it must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4401, or none.',
    ],
  ])('%s=%s', (name, value, sentence) => {
    expect(sentenceOf({ [name]: value })).toBe(sentence);
  });

  test('the internal key is no operator key', () => {
    const key = 'one-key-for-two-roles';
    expect(sentenceOf({ TALLY_LEDGER_KEY: key, TALLY_OPERATOR_KEY: key })).toBe(
      'TALLY_LEDGER_KEY is the same as TALLY_OPERATOR_KEY: give each a key of its own.',
    );
  });

  test('every setting with a rule refuses something, and its sentence ends with the rule', () => {
    const free = new Set(['TALLY_CATALOG', 'TALLY_STRIPE', 'TALLY_STRIPE_WEBHOOK_SECRETS']);
    for (const { name, rule } of Object.values(SETTINGS).filter((it) => !free.has(it.name)))
      expect(sentenceOf({ [name]: 'no\u0000t' })).toMatch(
        new RegExp(`^${name} is .*: it must be ${rule.replace(/[()?.]/g, '\\$&')}\\.$`, 's'),
      );
  });

  test('every default keeps its own rule', () => {
    for (const { default: preset, read: readOne } of Object.values(SETTINGS))
      if (preset !== undefined) expect(readOne(preset)).not.toBeUndefined();
  });
});

describe('flags weigh more than the environment', () => {
  test('--port keeps the host', () => {
    expect(read({ TALLY_LISTEN: '0.0.0.0:4400' }, '--port', '0').listen).toEqual({
      host: '0.0.0.0',
      port: 0,
    });
    expect(read({}, '--port', '81').listen).toEqual({ host: '127.0.0.1', port: 81 });
  });

  test('--data is the place of all that is not named otherwise, by a value or a file', () => {
    const here = { directory: 'here' };
    const placesOf = (given: Record<string, string>) => {
      const { eventStore, views, bus } = read(given, '--data', 'here');
      return { eventStore, views, bus };
    };
    expect(placesOf({ TALLY_VIEWS: '' })).toEqual({ eventStore: here, views: here, bus: here });
    const address = 'esdb://host:2113?tls=true';
    const file = join(mkdtempSync(join(tmpdir(), 'tally-')), 'address');
    writeFileSync(file, address);
    expect(placesOf({ TALLY_EVENT_STORE: address })).toEqual({
      eventStore: { address },
      views: here,
      bus: here,
    });
    expect(placesOf({ TALLY_EVENT_STORE_FILE: file })).toEqual({
      eventStore: { address },
      views: here,
      bus: here,
    });
    expect(placesOf({ TALLY_VIEWS: 'sqlite:elsewhere', TALLY_BUS: 'kafka://host:9092' })).toEqual({
      eventStore: here,
      views: { directory: 'elsewhere' },
      bus: { address: 'kafka://host:9092' },
    });
  });

  test.each(['accept-clock', 'accept-truncated-log', 'new-records', 'change-catalog'])('--%s confirms', (flag) => {
    const name = flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(read({}, `--${flag}`)).toMatchObject({ [name]: true });
    expect(read({})).toMatchObject({ [name]: false });
  });

  test('--catalog and --no-demo', () => {
    expect(read({}, '--catalog', 'mine.yaml', '--no-demo')).toMatchObject({
      catalog: 'mine.yaml',
      demo: 'off',
    });
    expect(read({}).demo).toBe('auto');
  });

  test.each([
    [['--port', 'x'], '--port is "x": it must be a whole number from 0 to 65535.'],
    [['--data='], '--data needs a path.'],
    [
      ['--colour'],
      "Unknown option '--colour'. Known are --port N, --data DIR, --catalog FILE, --no-demo, --accept-clock, --accept-truncated-log, --new-records and --change-catalog.",
    ],
    [
      ['serve'],
      "Unexpected argument 'serve'. Known are --port N, --data DIR, --catalog FILE, --no-demo, --accept-clock, --accept-truncated-log, --new-records and --change-catalog.",
    ],
    [
      ['--port'],
      "Option '--port <value>' argument missing. Known are --port N, --data DIR, --catalog FILE, --no-demo, --accept-clock, --accept-truncated-log, --new-records and --change-catalog.",
    ],
  ])('%j', (flags, sentence) => {
    expect(sentenceOf({}, ...flags)).toBe(sentence);
  });
});

test('settings with a value of their own are distinguished from defaults, regardless of their source', () => {
  const { chosen } = read({ TALLY_PAGE_SIZE: '50', TALLY_BUS: ' ' }, '--catalog', 'mine.yaml');
  expect([chosen.has('TALLY_CATALOG'), chosen.has('TALLY_PAGE_SIZE')]).toEqual([true, true]);
  expect([chosen.has('TALLY_BUS'), read({}).chosen.has('TALLY_CATALOG')]).toEqual([false, false]);
});

test('unknown names with the prefix TALLY_ are reported', () => {
  expect(read({ TALLY_EVENTSTORE: 'x', TALLY_URL: 'y', PATH: 'z' }).unknown).toEqual(['TALLY_EVENTSTORE']);
});

describe('a value may be in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  test('which NAME_FILE names; what is given itself weighs more', () => {
    const file = join(directory, 'key');
    writeFileSync(file, 'a-key-from-a-file\n');
    const given = { TALLY_OPERATOR_KEY_FILE: file };
    expect(read(given).operatorKey).toBe('a-key-from-a-file');
    expect(read(given).unknown).toEqual([]);
    expect(read({ ...given, TALLY_OPERATOR_KEY: 'a-key-of-its-own' }).operatorKey).toBe('a-key-of-its-own');
  });

  test('that must be there', () => {
    expect(sentenceOf({ TALLY_VIEWS_FILE: '/nowhere/at/all' })).toBe(
      'TALLY_VIEWS_FILE is "/nowhere/at/all": it cannot be read (ENOENT).',
    );
  });
});
