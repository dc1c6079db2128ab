import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

interface Suites {
  readonly isRest: (file: string) => boolean;
  readonly REST: Readonly<Record<string, string>>;
  readonly specs: () => string[];
  readonly STARTS_SERVERS: readonly string[];
}
const { isRest, REST, specs, STARTS_SERVERS } = jest.requireActual<Suites>('../../tools/suites.cjs');
const ROOT = join(__dirname, '../..');
/** Programs that a quick test may start. They end by themselves, and tests without them are skipped. */
const PROGRAMS = ['bash', 'curl', 'git', 'openssl', 'python3', 'tar'];

type ReadSource = (file: string) => string | undefined;
const onDisk: ReadSource = (file) =>
  existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : undefined;

const SOURCES = ['.ts', '.tsx', '/index.ts', '.cjs'];

/** A file and all that it loads by a path, with their texts. What is below libs/ starts nothing and is not followed. */
function loadedBy(file: string, read: ReadSource, loaded = new Map<string, string>()): Map<string, string> {
  const text = read(file);
  if (text === undefined || loaded.has(file)) return loaded;
  loaded.set(file, text);
  for (const [, name = ''] of text.matchAll(/(?:from|require\(|import\(|import)\s*['"`](\.{1,2}\/[^'"`]+)['"`]/g)) {
    const path = relative(ROOT, join(ROOT, dirname(file), name));
    const found = ['', ...SOURCES].map((end) => path + end).find((it) => /\.\w+$/.test(it) && read(it) !== undefined);
    if (found !== undefined) loadedBy(found, read, loaded);
  }
  return loaded;
}

/** Why a spec is not quick. */
function reasonsAgainst(spec: string, read: ReadSource = onDisk): string[] {
  const loaded = loadedBy(spec, read);
  const places = [...loaded.keys()].filter((file) => STARTS_SERVERS.some((it) => file.startsWith(it)));
  const started = [...loaded].flatMap(([file, text]) =>
    [...text.matchAll(/\b(?:spawn|spawnSync|exec|execSync|execFile|execFileSync)\(\s*['"`]([\w.-]+)/g)]
      .filter(([, program = '']) => !PROGRAMS.includes(program))
      .map(([, program]) => `${file} starts ${program}`),
  );
  return [...places.map((file) => `loads ${file}`), ...started];
}

test('a spec outside the folders of the rest is quick and starts no server', () => {
  const quick = specs().filter((file) => !isRest(file));
  expect(quick.length).toBeGreaterThan(50);
  const wrong = quick.flatMap((spec) => reasonsAgainst(spec).map((reason) => `${spec} ${reason}`));
  expect(wrong).toEqual([]);
});

test('every folder of the rest has specs', () => {
  const rest = specs().filter(isRest);
  expect(Object.keys(REST).filter((folder) => !rest.some((spec) => spec.startsWith(`${folder}/`)))).toEqual([]);
});

// Put together from halves, or this file would be refused itself.
describe('a planted spec is refused', () => {
  const planted = 'test/journeys/planted.spec.ts';
  test.each([
    [
      'that uses Kafka',
      `import { kafka } fr·om '../support/kafka/bus-fixture';`,
      'loads test/support/kafka/bus-fixture.ts',
    ],
    [
      'that reaches PostgreSQL through a helper',
      `import { it } fr·om './support/planted';`,
      'loads test/support/postgres/cluster.ts',
    ],
    [
      'that loads the distributed form when it runs',
      `requ·ire('../support/distributed/installation')`,
      'loads test/support/distributed/installation.ts',
    ],
    ['that starts a server by itself', `spa·wn('java', ['-version']);`, `${planted} starts java`],
  ])('%s', (_, text, reason) => {
    const files: Readonly<Record<string, string>> = {
      [planted]: text.replace('·', ''),
      'test/journeys/support/planted.ts': `import { Cluster } from '../../support/postgres/cluster';`,
    };
    const reasons = reasonsAgainst(planted, (file) => files[file] ?? onDisk(file));
    expect(reasons).toContain(reason);
  });

  test('and one of the product beside it is not', () => {
    const text = `import { startStandalone } from '../support/server';`;
    expect(reasonsAgainst(planted, (file) => (file === planted ? text : onDisk(file)))).toEqual([]);
  });
});
