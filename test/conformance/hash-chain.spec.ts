import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(__dirname, '../../docs/hash-chain.md'), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)![1]!.trimEnd();
const lines = block('jsonl').split('\n');

const check = (input: readonly string[]) =>
  spawnSync('python3', ['-c', block('python')], { input: input.join('\n'), encoding: 'utf8' });
const hasPython = spawnSync('python3', ['--version']).status === 0;

(hasPython ? describe : describe.skip)('the program of docs/hash-chain.md (skipped without python3)', () => {
  test('reports no error for the example of the page', () => {
    expect(check(lines)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test.each([
    ['an amount', '"credits":500', '"credits":501', 'credits-new: the hash at revision 2 does not fit\n'],
    ['data of another program', 'AP/+', 'AP/A', 'credits-new: the hash at revision 4 does not fit\n'],
    ['a text of the history', 'bought', 'bougth', 'credits-old: its first 2 events are not those that were sealed\n'],
  ])('reports changed %s', (_, from, to, said) => {
    expect(check(lines.map((line) => line.replace(from, to))).stdout).toBe(said);
  });

  test('reports a removed event', () => {
    expect(check(lines.toSpliced(1, 1)).stdout).toBe('credits-new: revision 1 is missing\n');
  });
});
