import fs from 'node:fs';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { OperatorKey, printOperatorKey, readConfiguration } from '@tallystick/platform';
import { printDemo } from './demo';
import { DEMO_SETTINGS } from './settings';

jest.mock('./demo-client', () => ({
  DemoClient: class {
    hasOrganizations = async () => false;
    post = async () => undefined;
    put = async () => undefined;
    makeKey = async (_: string, { role }: { role: string }) => `the-${role}-key`;
    sampleJob = async () => ({ id: 'try-1' });
  },
}));

const url = 'http://127.0.0.1:4400';
let directory: string;
let said: string;
let warned: jest.SpyInstance;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
  warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

async function given(settings: Record<string, string> = {}) {
  const configuration = readConfiguration(DEMO_SETTINGS, ['--data', directory], settings);
  const records = new InMemoryRecordStore();
  const operator = await OperatorKey.of(configuration.operatorKey, records, true);
  const offer = (of: typeof printDemo = printDemo) =>
    of({ url, operator, hasSandboxClock: settings['TALLY_CLOCK'] === 'sandbox' }, configuration);
  return { operator, records, offer, configuration };
}
const fileOf = (name: string): string => join(directory, name);
const PUBLIC = { TALLY_LISTEN: '0.0.0.0:4400' };

describe('at the first start', () => {
  test.each<[string, Record<string, string>, { demo: boolean; file: boolean; printed: boolean }]>([
    ['only this machine reaches it', {}, { demo: true, file: false, printed: true }],
    ['others reach it', PUBLIC, { demo: false, file: true, printed: false }],
    ['others reach it, on', { ...PUBLIC, TALLY_DEMO: 'on' }, { demo: true, file: false, printed: false }],
    ['others reach it, off', { ...PUBLIC, TALLY_DEMO: 'off' }, { demo: false, file: true, printed: false }],
    ['this machine, off', { TALLY_DEMO: 'off' }, { demo: false, file: false, printed: true }],
    ['IPv6 of this machine', { TALLY_LISTEN: '[::1]:1' }, { demo: true, file: false, printed: true }],
    ['a sandbox clock', { TALLY_CLOCK: 'sandbox' }, { demo: false, file: false, printed: true }],
    ['a sandbox clock, on', { TALLY_CLOCK: 'sandbox', TALLY_DEMO: 'on' }, { demo: true, file: false, printed: true }],
    ['all IPv6 addresses', { TALLY_LISTEN: '[::]:1' }, { demo: false, file: true, printed: false }],
  ])('%s: %j', async (_, settings, expected) => {
    const { operator, records, offer } = await given(settings);
    await offer();
    expect({
      demo: existsSync(fileOf('demo.json')),
      file: existsSync(fileOf('operator-key')),
      printed: said.includes(operator.key!),
    }).toEqual(expected);
    if (!expected.printed) expect(said).not.toMatch(/tsk_|the-\w+-key/);
    expect((await OperatorKey.of(undefined, records, true)).isNew).toBe(false);
  });

  test('the file of the key is its owner’s alone, and the log names it', async () => {
    const { operator, offer } = await given(PUBLIC);
    await offer(printOperatorKey);
    expect(readFileSync(fileOf('operator-key'), 'utf8')).toBe(`${operator.key}\n`);
    expect(statSync(fileOf('operator-key')).mode & 0o777).toBe(0o600);
    expect(said).toContain(fileOf('operator-key'));
  });

  test.each([{}, PUBLIC])('a configured operator key is neither printed nor written by itself: %j', async (where) => {
    const { offer } = await given({ ...where, TALLY_OPERATOR_KEY: 'a-key-of-my-own-choice' });
    await offer();
    expect(said).not.toContain('a-key-of-my-own-choice');
    expect(existsSync(fileOf('operator-key'))).toBe(false);
  });

  test('a key that another process was quicker to make is void, and leaves no file', async () => {
    const { records, offer } = await given(PUBLIC);
    await (await OperatorKey.of(undefined, records, true)).keep();
    await offer();
    expect(existsSync(fileOf('operator-key'))).toBe(false);
    expect(said).toContain('another process');
  });

  test('where there is no place for a key and none is configured, the start is refused', async () => {
    const far = {
      TALLY_EVENT_STORE: 'esdb://h:2113',
      TALLY_VIEWS: 'postgres://h/db',
      TALLY_BUS: 'kafka://h:1',
    };
    const { offer } = await given({ ...PUBLIC, ...far });
    await expect(offer()).rejects.toThrow(/^TALLY_OPERATOR_KEY is not set/);
  });

  test.each([
    ['demo.json', {}],
    ['operator-key', PUBLIC],
  ])('a %s that cannot be written ends the start with one sentence, and no key is kept', async (name, where) => {
    mkdirSync(fileOf(name));
    writeFileSync(join(fileOf(name), 'so-that-it-is-not-empty'), '');
    const { records, offer } = await given(where);
    await expect(offer()).rejects.toThrow(/ cannot be written \(E\w+\)\. Make room [^\n]+$/);
    expect((await OperatorKey.of(undefined, records, true)).isNew).toBe(true);
  });
});

describe('power loss', () => {
  /** The writes that reach the disk, in order; file names without directory and process id. */
  const traced = async (settings: Record<string, string>): Promise<string[]> => {
    const { records, offer } = await given(settings);
    const steps: string[] = [];
    const paths = new Map<number, string>();
    const short = (path: unknown) =>
      path === directory ? 'directory' : basename(String(path)).replace(/\.\d+$/, ' aside');
    const real = { openSync: fs.openSync, fsyncSync: fs.fsyncSync, renameSync: fs.renameSync };
    jest.spyOn(fs, 'openSync').mockImplementation((path, ...more) => {
      const handle = real.openSync(path, ...more);
      paths.set(handle, short(path));
      return handle;
    });
    jest.spyOn(fs, 'fsyncSync').mockImplementation((handle) => {
      steps.push(`sync ${paths.get(handle)}`);
      real.fsyncSync(handle);
    });
    jest.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      steps.push(`rename ${short(from)} to ${short(to)}`);
      real.renameSync(from, to);
    });
    const putNew = records.putNew.bind(records);
    jest.spyOn(records, 'putNew').mockImplementation((...record) => {
      steps.push('keep');
      return putNew(...record);
    });
    await offer();
    return steps;
  };

  test.each([
    ['demo.json', {}],
    ['operator-key', PUBLIC],
  ])('%s is durable before the digest of the key is', async (name, settings) => {
    expect(await traced(settings)).toEqual([
      `sync ${name} aside`,
      `rename ${name} aside to ${name}`,
      'sync directory',
      'keep',
    ]);
  });
});

describe('a demo.json that is there', () => {
  const DEMO = {
    url,
    organizationId: 'demo',
    projectId: 'p',
    keys: { operator: 'o', service: 's', project: 'p', organization: 'g' },
  };

  test.each([
    ['is empty', ''],
    ['was cut', '{"url": "http:'],
    ['holds zeros', '\u0000'.repeat(300)],
    ['is JSON of another kind', '[]'],
    ['is null', 'null'],
    ['lacks its keys', '{"url":"http://127.0.0.1:4400"}'],
  ])('and %s is reported', async (_, text) => {
    writeFileSync(fileOf('demo.json'), text);
    const { offer } = await given({ TALLY_DEMO: 'off' });
    await offer();
    expect(warned.mock.calls).toEqual([
      [expect.stringMatching(/demo\.json cannot be read \(.*\), so .* TALLY_OPERATOR_KEY/)],
    ]);
  });

  test('and is a folder is reported', async () => {
    mkdirSync(fileOf('demo.json'));
    const { offer } = await given({ TALLY_DEMO: 'off' });
    await offer();
    expect(warned.mock.calls).toEqual([[expect.stringContaining('(EISDIR)')]]);
  });

  test('gets the address of this start; a start without room for that goes on and says it', async () => {
    writeFileSync(fileOf('demo.json'), JSON.stringify({ ...DEMO, url: 'http://127.0.0.1:1' }));
    const { offer } = await given();
    const full = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    });
    await offer();
    expect(warned.mock.calls).toEqual([[expect.stringContaining('--url http://127.0.0.1:4400')]]);
    expect(JSON.parse(readFileSync(fileOf('demo.json'), 'utf8')).url).toBe('http://127.0.0.1:1');
    full.mockRestore();
    await offer();
    expect(JSON.parse(readFileSync(fileOf('demo.json'), 'utf8'))).toEqual(DEMO);
  });
});
