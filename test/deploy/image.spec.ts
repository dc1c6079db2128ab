import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readCompose } from '../support/compose';

// Executes deploy/Dockerfile without Docker: its copied files, environment and commands.

const ROOT = join(__dirname, '../..');
const dockerfile = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8');
const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
const valueOf = (instruction: string): string => new RegExp(`^${instruction} (.*)$`, 'm').exec(stage)?.[1] ?? '';
const command = JSON.parse(valueOf('CMD')) as string[];
const environment = Object.fromEntries(
  valueOf('ENV')
    .split(' ')
    .map((it) => [it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1)]),
) as Record<string, string>;

const directory = mkdtempSync(join(tmpdir(), 'tallystick-image-'));
const app = join(directory, 'app');
const data = join(directory, 'data');

/** `COPY [--from=build] FILES... ./`: copies into the working directory. */
function copyFiles(): void {
  for (const [, sources = ''] of stage.matchAll(/^COPY (?:--from=build )?(.+) \.\/$/gm))
    for (const source of sources.split(' ')) {
      const from = join(ROOT, source.replace(/^\/app\//, ''));
      cpSync(from, statSync(from).isDirectory() ? app : join(app, basename(from)), { recursive: true });
    }
}

const listing = (): string[] => readdirSync(app, { recursive: true, encoding: 'utf8' }).sort();

class Container {
  out = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor([, file = '', ...args]: readonly string[], settings: Record<string, string> = {}) {
    const listen = `${environment['TALLY_LISTEN']!.split(':')[0]}:0`;
    const addresses = { TALLY_LISTEN: listen, TALLY_INTERNAL_LISTEN: '127.0.0.1:0' };
    const env = { PATH: process.env['PATH'], ...environment, ...addresses, ...settings };
    const inside = args.map((arg) => arg.replace(/^\/data$/, data));
    this.child = spawn(process.execPath, [file, ...inside], { cwd: app, env });
    this.child.stdout!.on('data', (text: Buffer) => (this.out += text.toString()));
    this.child.stderr!.on('data', (text: Buffer) => (this.out += text.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  async url(): Promise<string> {
    for (let i = 0; i < 1_000 && this.child.exitCode === null; i++) {
      const [, url] = /"url":"([^"]+)","msg":"ready"/.exec(this.out) ?? [];
      if (url !== undefined) return url;
      await pause(20);
    }
    throw new Error(`It did not start to serve:\n${this.out}`);
  }

  stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

interface ImageDemo {
  readonly url: string;
  readonly keys: Readonly<Record<'project' | 'organization', string>>;
}

describe('the image', () => {
  let before: readonly string[];
  let container: Container;
  let demo: ImageDemo;

  const post = async (body: unknown) => {
    const answer = await fetch(`${demo.url}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${demo.keys.project}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as { errors?: { field: string }[] } };
  };

  beforeAll(async () => {
    execFileSync(process.execPath, [join(ROOT, 'tools/bundle.cjs')], { stdio: 'pipe' });
    mkdirSync(data);
    copyFiles();
    before = listing();
    container = new Container(command, { TALLY_DEMO: 'on' });
    const url = await container.url();
    const file = join(data, 'demo.json');
    demo = { ...(JSON.parse(readFileSync(file, 'utf8')) as ImageDemo), url };
  }, 60_000);
  afterAll(async () => {
    await container?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('prints no key: those of the demo are in a file', () => {
    expect(container.out).toContain(join(data, 'demo.json'));
    expect(container.out).not.toMatch(/tsk_/);
  });

  test('creates no demo by default, and writes the operator key to a file that only its owner can read', async () => {
    const fresh = join(directory, 'fresh');
    const alone = new Container(['node', 'standalone.js', '--data', fresh]);
    const url = await alone.url();
    const file = join(fresh, 'operator-key');
    expect([existsSync(join(fresh, 'demo.json')), statSync(file).mode & 0o777]).toEqual([false, 0o600]);
    const authorization = `Bearer ${readFileSync(file, 'utf8').trim()}`;
    expect((await fetch(`${url}/v1/organizations`, { headers: { authorization } })).status).toBe(200);
    expect(await alone.stop()).toBe(0);
    expect(alone.out).toContain(file);
    expect(alone.out).not.toMatch(/tsk_/);
  });

  test('is ready and passes its health check', async () => {
    const [, node = '', ...args] = JSON.parse(/^ {2}CMD (\[.*\])$/m.exec(stage)?.[1] ?? '[]') as string[];
    const script = args.join(' ').replace('http://127.0.0.1:4400', demo.url);
    expect(execFileSync(process.execPath, [node, script]).toString()).toBe('');
    const gone = script.replace('/health/ready', '/health/nothing');
    expect(() => execFileSync(process.execPath, [node, gone])).toThrow('Command failed');
  });

  test('accepts a job and reports each invalid member: the decorator metadata is complete', async () => {
    const usage = { files: [{ type: 'pdf', pages: 3 }] };
    expect(await post({ id: 'job', operation: 'document-extraction', usage })).toMatchObject({ status: 202 });
    const { status, body } = await post({ id: 5, operation: 'document-extraction', usage: 'much' });
    expect([status, body.errors?.map(({ field }) => field).sort()]).toEqual([422, ['id', 'usage']]);
  });

  test('serves the API documentation with its assets and the descriptions of the code', async () => {
    const text = async (path: string) => {
      const answer = await fetch(`${demo.url}${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.text();
    };
    const page = await text('/docs/');
    const parts = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) await text(`/docs/${part}`);
    const written = readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8');
    expect(JSON.parse(await text('/docs/openapi.json'))).toEqual(JSON.parse(written));
  });

  test('contains the command line', () => {
    const [, file = ''] = /ln -s \/app\/(\S+) \/usr\/local\/bin\/tally/.exec(stage) ?? [];
    const to = ['--url', demo.url, '--key', demo.keys.organization];
    const said = execFileSync(join(app, file), ['balance', 'demo', ...to], { encoding: 'utf8' });
    expect(said).toMatch(/^reserved +3$/m);
  });

  test('contains the licences of its dependencies', () => {
    const text = readFileSync(join(app, 'LICENCES.txt'), 'utf8');
    for (const name of ['@nestjs/core', 'fastify', 'kafkajs', 'node-sqlite3-wasm', 'swagger-ui-dist'])
      expect(text).toContain(`== ${name} `);
    expect(listing()).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE']));
  });

  test('contains every command of docker-compose.yml', () => {
    const { services } = readCompose();
    const started = Object.values(services).flatMap((it) => (it.build ? [it.command![1]!] : []));
    expect(started.length).toBe(4);
    for (const file of started) expect(listing()).toContain(file);
  });

  test('runs a single service', async () => {
    const ledger = new Container(['node', 'credit-ledger.js', '--data', join(directory, 'ledger')]);
    const url = await ledger.url();
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await ledger.stop()).toBe(0);
  });

  test('stops on SIGTERM, writes to its data directory only, and continues with it', async () => {
    expect(await container.stop()).toBe(0);
    expect(listing()).toEqual(before);
    container = new Container(command);
    demo = { ...demo, url: await container.url() };
    const usage = { files: [{ type: 'pdf', pages: 3 }] };
    expect(await post({ id: 'job', operation: 'document-extraction', usage })).toMatchObject({ status: 200 });
    expect(await container.stop()).toBe(0);
  });
});
