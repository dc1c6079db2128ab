import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import type { RecordedEvent } from '../event-store';
import { chainBreaches } from '../testing';
import { hashIn, recordHash, recordText } from './link';

// docs/hash-chain.md is what others check a chain by: its values are recomputed here, by its own rules and by our code.

const page = readFileSync(join(__dirname, '../../../../docs/hash-chain.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)![1]!.trimEnd();
const lines = block('jsonl').split('\n');
const records = lines.map((line) => JSON.parse(line) as RecordedEvent);
const of = (stream: string) => records.filter((record) => record.stream === stream);
const [newer, older] = [of('credits-new'), of('credits-old')];

/** As the page says it, with the library for RFC 8785. */
const link = (previous: string, linked: readonly RecordedEvent[]): string => {
  const texts = linked.map(({ stream, revision, id, type, data, metadata }) => {
    const { hash: _left, ...others } = (metadata ?? {}) as { hash?: string };
    return canonicalize({ stream, revision, id, type, data, metadata: metadata && others });
  });
  return createHash('sha256')
    .update(`${previous}[${texts.join(',')}]`)
    .digest('base64url');
};
const hashes = (stream: readonly RecordedEvent[]) => stream.map(({ metadata }) => hashIn(metadata));

test('the first record has the text and the hash that the page gives', () => {
  expect(recordText(records[0]!)).toBe(block('json'));
  expect(page).toContain(`SHA-256 = \`${recordHash(records[0]!)}\``);
});

test('the hashes of the new stream are the links that its rules give', () => {
  const found = hashes(newer);
  expect(found).toEqual([
    link('', newer.slice(0, 1)),
    undefined,
    link(found[0]!, newer.slice(1, 3)),
    undefined,
    link(found[2]!, newer.slice(3)),
  ]);
});

test('those of the older stream begin behind an id, and its history is sealed', () => {
  const found = hashes(older);
  const begun = link(older[1]!.id, older.slice(2, 3));
  expect(found).toEqual([
    undefined,
    undefined,
    begun,
    link(begun, older.slice(3, 4)),
    link(found[3]!, older.slice(4)),
  ]);
  expect(older[4]!.data).toEqual({ upTo: 1, digest: link('', older.slice(0, 2)) });
});

test('our check finds nothing', () => expect(chainBreaches(records)).toEqual([]));

const check = (input: readonly string[]) =>
  spawnSync('python3', ['-c', block('python')], { input: input.join('\n'), encoding: 'utf8' });
const hasPython = spawnSync('python3', ['--version']).status === 0;
(hasPython ? test : test.skip)('the program on the page checks them (skipped without python3)', () => {
  expect(check(lines)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const changed = (from: string, to: string) => check(lines.map((line) => line.replace(from, to))).stdout;
  expect(changed('"credits":500', '"credits":501')).toBe(
    'credits-new: the hash at revision 2 does not fit\n',
  );
  expect(changed('AP/+', 'AP/A')).toBe('credits-new: the hash at revision 4 does not fit\n');
  expect(changed('bought', 'bougth')).toBe(
    'credits-old: its first 2 events are not those that were sealed\n',
  );
  expect(check(lines.toSpliced(1, 1)).stdout).toBe('credits-new: revision 1 is missing\n');
});
