import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '../../..');
const UNTRACKED = new Set(['node_modules', 'dist', '.git', '.nx', '.swc', 'coverage', 'data']);

const walk = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (UNTRACKED.has(entry.name)) return [];
    const path = join(dir, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(ROOT, path)];
  });

/** Paths of all files that are tracked or would be, relative to the root. A source archive without .git is walked. */
export const listFiles = (): string[] => {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [...new Set(listed.split('\0'))].filter((file) => file !== '' && existsSync(join(ROOT, file)));
  } catch {
    return walk(ROOT);
  }
};

export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Path and text of each file. */
export type Texts = Readonly<Record<string, string>>;

export const readAll = (files: readonly string[]): Texts => Object.fromEntries(files.map((file) => [file, read(file)]));
