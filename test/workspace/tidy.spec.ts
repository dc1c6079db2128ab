import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listFiles, read } from './support/files';

const ROOT = join(__dirname, '../..');
const files = listFiles();
const isText = (file: string): boolean => !/\.(png|jpe?g|ico|pdf|gz|zip|wasm|woff2?)$/.test(file);
const texts = files.filter((file) => isText(file) && statSync(join(ROOT, file)).size < 2_000_000);
const code = files.filter((file) => /\.(ts|tsx|cjs|mjs)$/.test(file));
const shipped = code.filter((file) => /^(apps|libs)\//.test(file) && !file.endsWith('.spec.ts'));

/** `file:line: text` for every line that matches. */
const found = (inFiles: string[], pattern: RegExp): string[] =>
  inFiles.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );

// Put together from halves, or this file would find itself.
const words = (...halves: string[]): RegExp => new RegExp(`\\b(${halves.join('|').replaceAll('·', '')})`);

describe('words', () => {
  test('nothing is left for later in the code', () => {
    expect(found(code, words('TO·DO', 'FIX·ME', 'XX·X', 'HA·CK'))).toEqual([]);
  });

  test('one word for one thing (docs/domain.md)', () => {
    expect(found(shipped, words('[tT]en·ants?\\b', '[wW]al·lets?\\b', 'SK·U\\b'))).toEqual([]);
  });

  test('no vendor in the code: vendors are catalog files', () => {
    expect(found(shipped, words('[oO]cr·iva', '[lL]eap-?O·CR', '[iI]teration-? ?La·yer'))).toEqual([]);
  });

  test('no path of a developer’s machine, no package registry', () => {
    const hosts = ['registry\\.npm·js', 'npm·mirror\\.', 'artifact·ory'];
    const places = [String.raw`(?<![\w.])/wo·rk/`, '/tmp/bash_·jobs', '/ro·ot/', '/ho·me/(?!node)\\w+/'];
    const own = process.env['npm_config_registry'];
    const mine = own === undefined ? [] : [new URL(own).host.replaceAll('.', '\\.')];
    const pattern = new RegExp([...hosts, ...places].join('|').replaceAll('·', ''));
    expect(found(texts, pattern)).toEqual([]);
    if (mine[0]) expect(found(texts, new RegExp(`//${mine[0]}`))).toEqual([]);
  });

  test('the lock file installs from the registry of the machine', () => {
    expect(found(['package-lock.json'], /"resolved"/)).toEqual([]);
  });
});

describe('files', () => {
  test('a test is at most 500 lines long (lint holds the rest to 250)', () => {
    const long = files.filter((file) => file.endsWith('.spec.ts') && read(file).split('\n').length > 500);
    expect(long).toEqual([]);
  });

  test('every library is entered through its index', () => {
    const libraries = new Set(
      files.map((file) => /^libs\/.*?(?=\/src\/)/.exec(file)?.[0]).filter((at) => at !== undefined),
    );
    expect([...libraries].filter((library) => !files.includes(`${library}/src/index.ts`))).toEqual([]);
  });

  test('no settings file in a project: the workspace has one of each', () => {
    const stray = /^(apps|libs|test)\/.*(package\.json|project\.json|tsconfig[^/]*\.json|jest\.config\.\w+|\.swcrc)$/;
    expect(files.filter((file) => stray.test(file))).toEqual([]);
  });

  test('every declared package is used', () => {
    const { dependencies, devDependencies, scripts } = JSON.parse(read('package.json')) as Record<string, object>;
    // Of nx.json, of Nest's page of the API, and of the Stripe gateway that comes next.
    const named = ['nx', '@fastify/static', 'stripe'];
    const run = Object.values(scripts!).flatMap((script: string) => script.split(' '));
    const imported = code.flatMap((file) =>
      [...read(file).matchAll(/(?:from|import|require\(|require\.resolve\(|import\()\s*'([^'.][^']*)'/g)].map(
        ([, it]) => it!,
      ),
    );
    const used = new Set([...named, ...run, ...imported.map((it) => /^(@[^/]+\/)?[^/]+/.exec(it)![0])]);
    used.add('jest').add('node');
    const isUsed = (name: string) => used.has(name) || used.has(name.replace('@types/', ''));
    expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !isUsed(name))).toEqual([]);
  });

  test('no dead file: each is an entry point, or reached from one', () => {
    const sources = code.filter((file) => /^(apps|libs|test)\/.*\.tsx?$/.test(file));
    const entry = /(\.spec\.tsx?|\.d\.ts|\/src\/index\.ts|\/main\.tsx?|^libs\/platform\/src\/generate\.ts)$/;
    const alive = new Set(sources.filter((file) => entry.test(file)));
    // A worker or a process is started by its file's name, so any name in quotes keeps a file alive.
    const named = (file: string): string[] =>
      [...read(file).matchAll(/['"`]([^'"`\n]+)['"`]/g)].map(([, it]) => it ?? '');
    const reaches = (from: string, name: string): string[] => {
      const path = name.startsWith('.') ? join(dirname(from), name) : undefined;
      const stem = /[\w.-]+(?=\.[jt]s$)/.exec(name)?.[0];
      return sources.filter((file) => {
        const bare = file.replace(/\.tsx?$/, '');
        if (
          path !== undefined &&
          [path, path.replace(/\.[jt]s$/, '')].some((it) => it === bare || `${it}/index` === bare)
        )
          return true;
        return stem !== undefined && basename(bare) === stem;
      });
    };
    for (const file of alive) for (const name of named(file)) reaches(file, name).forEach((it) => alive.add(it));
    expect(sources.filter((file) => !alive.has(file))).toEqual([]);
  });
});
