import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
const ROOTS = ['apps', 'libs', 'test', 'bench'];
const MOST_FILES = 20;

const isSource = (file: string): boolean => /\.(ts|tsx|cjs|mjs)$/.test(file) && !/\.(spec|contract)\.tsx?$/.test(file);

/** Folders with more than `MOST_FILES` source files, without specs and the contents of their subfolders. */
function crowdedFolders(files: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const file of files.filter(isSource)) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > MOST_FILES).map(([folder, count]) => `${folder}: ${count} files`);
}

const files = ROOTS.flatMap((root) =>
  readdirSync(join(ROOT, root), { recursive: true, encoding: 'utf8' }).map((file) => join(root, file)),
).filter((file) => !/(^|\/)(node_modules|dist)\//.test(file));

test(`no folder has more than ${MOST_FILES} source files`, () => {
  expect(files.length).toBeGreaterThan(300);
  expect(crowdedFolders(files)).toEqual([]);
});

describe('the check', () => {
  const folder = (name: string, count: number, end: string): string[] =>
    Array.from({ length: count }, (_, at) => `libs/planted/${name}/file-${at}${end}`);

  test('reports a folder with 21 source files', () => {
    expect(crowdedFolders(folder('src', 21, '.ts'))).toEqual(['libs/planted/src: 21 files']);
  });

  test('accepts 20 source files, and does not count specs and subfolders', () => {
    const planted = [...folder('src', 20, '.ts'), ...folder('src', 30, '.spec.ts'), ...folder('src/inner', 20, '.ts')];
    expect(crowdedFolders(planted)).toEqual([]);
  });
});
