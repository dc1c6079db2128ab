import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newDirectory, removeDirectories, ServerProcess } from '../support/server';

// Checks the README and the pages in docs against the program.

const ROOT = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const readme = read('README.md');

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = [...readme.matchAll(/^```(sh|json|text)\n([^]*?)^```$/gm)].map(
  ([, language = '', text = '']) => ({ language, text }),
);
const starts = ({ text }: Block): boolean => text.includes('npm start');
/** The commands in order, each with the output that the page shows below it. */
const steps = blocks.flatMap((block, at) => {
  if (block.language !== 'sh' || starts(block)) return [];
  const next = blocks[at + 1];
  return [{ command: block.text, printed: next?.language === 'sh' ? undefined : next }];
});

/** Runs the commands of the page; `npx tally` is the command line of this checkout. */
const script = (): string =>
  [
    'set -euo pipefail',
    `npx() { [ "$1" = tally ]; shift; '${process.execPath}' '${join(ROOT, 'tools/tally.cjs')}' "$@"; }`,
    `node() { '${process.execPath}' "$@"; }`,
    ...steps.map(({ command }) => `${command}printf '\\x1e'`),
  ].join('\n');

/** Matches a text in which … stands for any characters. */
const like = (text: string): RegExp => new RegExp(`^${text.trim().split('…').map(escaped).join('.*')}$`);
/** The same for the texts of a JSON object. */
const jsonLike = (text: string): object =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' && value.includes('…') ? expect.stringMatching(like(value)) : value,
  ) as object;
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const missing = ['bash', 'curl'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const why = missing.length > 0 ? ` (skipped: there is no ${missing.join(' and no ')} here)` : '';

(why === '' ? describe : describe.skip)(`the quick start of the README${why}`, () => {
  let server: ServerProcess;
  let printed: readonly string[] = [];

  beforeAll(async () => {
    const cwd = newDirectory();
    // As npm start does, but on a free port.
    server = new ServerProcess({ cwd, flags: ['--port', '0'] });
    await server.until(() => existsSync(join(cwd, '.tallystick/demo.json')), 'the demo is created');
    const env = { PATH: process.env['PATH'] ?? '', HOME: cwd };
    const done = spawnSync('bash', ['-c', script()], { cwd, env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${done.stderr}\n${done.stdout}\n${server.err}${server.out}`);
    printed = done.stdout.split('\x1e');
  }, 60_000);

  afterAll(async () => {
    server.signal('SIGKILL');
    await server.ended;
    removeDirectories();
  });

  test.each(steps.map(({ command }, at) => [command.trim().split('\n')[0], at] as const))('%s', (_, at) => {
    const expected = steps[at]!.printed;
    if (expected?.language === 'json') expect(JSON.parse(printed[at]!)).toMatchObject(jsonLike(expected.text));
    if (expected?.language === 'text') expect(printed[at]!.trim()).toMatch(like(expected.text));
  });

  test('covers submission, completion, balance, replay and a purchase', () => {
    const all = steps.map(({ command }) => command).join('\n');
    for (const part of ['/v1/jobs ', '/complete', 'tally balance', 'tally replay', '/payments'])
      expect(all).toContain(part);
    expect(steps.filter((step) => step.printed !== undefined).length).toBeGreaterThanOrEqual(4);
  });

  test('Ctrl-C stops the server', async () => {
    server.signal('SIGINT');
    expect(await server.ended).toBe(0);
  });
});

describe('the pages', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'deploy/README.md',
    ...['docs', 'docs/decisions', 'docs/operating'].flatMap((dir) =>
      readdirSync(join(ROOT, dir)).flatMap((name) => (name.endsWith('.md') ? [`${dir}/${name}`] : [])),
    ),
  ];
  /** The anchor that GitHub gives a heading. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  const anchorsOf = (page: string): string[] =>
    [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
  const sources = (): string =>
    execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'libs/**/*.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
      .split('\n')
      .filter((file) => file !== '' && !file.endsWith('.spec.ts') && existsSync(join(ROOT, file)))
      .map(read)
      .join('\n');
  const named = (pattern: RegExp): string[] => [
    ...new Set([...sources().matchAll(pattern)].map(([, name = '']) => name)),
  ];

  test('every link points to a file', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('every npm script that a page names exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const wanted = pages.flatMap((page) =>
      [...read(page).matchAll(/npm (?:run ([\w-]+)|(start|test))/g)].map(([, run, bare]) => run ?? bare ?? ''),
    );
    expect([...new Set(wanted)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('docs/domain.md explains every event', () => {
    const [, facts = ''] = /interface Facts \{\n([^]*?)\n\}/.exec(read('libs/domain/ledger/src/events.ts')) ?? [];
    const types = [...facts.matchAll(/^ {2}(\w+):/gm)].map(([, type = '']) => type);
    expect(types.length).toBeGreaterThan(10);
    const page = read('docs/domain.md');
    expect(types.filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
  });

  test('the pages on operating and on the domain explain every metric and every problem code', () => {
    const page = ['operating/problems', 'operating/health-and-metrics', 'domain']
      .map((name) => read(`docs/${name}.md`))
      .join('\n');
    const metrics = named(/name: '(tallystick_\w+)'/g);
    const codes = named(/new Problem\(\s*\d+,\s*'(\w+)'/g);
    expect(metrics.length).toBeGreaterThan(5);
    expect(codes.length).toBeGreaterThan(5);
    expect([...metrics, ...codes].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('every anchor of a link is a heading of its page', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)#]*)#([^)]+)\)/g)]
        .map(([, target = '', anchor = '']) => [target === '' ? page : join(dirname(page), target), anchor] as const)
        .filter(([target, anchor]) => !anchorsOf(target).includes(anchor))
        .map(([target, anchor]) => `${page}: ${target}#${anchor}`),
    );
    expect(broken).toEqual([]);
  });

  test('docs/architecture.md names every folder that has a layer', () => {
    const { LAYERS } = jest.requireActual<{ LAYERS: { at: string }[] }>('../../tools/layers.cjs');
    const page = read('docs/architecture.md');
    const folders = LAYERS.map(({ at }) => at.replace(/^libs\/|\/\*$/g, ''));
    expect(folders.filter((folder) => !page.includes(folder.split('/').at(-1)!))).toEqual([]);
  });
});
