import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import type { RecordedEvent } from '../ports/event-store';
import { chainBreaches } from '@tallystick/eventing-testing';
import { hashIn, recordHash, recordText } from './link';

// docs/hash-chain.md is what others check a chain by: its values are recomputed here, by its own rules and by our code.
// The program on it runs in test/conformance/hash-chain.spec.ts.

const page = readFileSync(join(__dirname, '../../../../docs/hash-chain.md'), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)![1]!.trimEnd();
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
  const first = link(older[1]!.id, older.slice(2, 3));
  expect(found).toEqual([undefined, undefined, first, link(first, older.slice(3, 4)), link(found[3]!, older.slice(4))]);
  expect(older[4]!.data).toEqual({ upTo: 1, digest: link('', older.slice(0, 2)) });
});

test('our check finds nothing', () => expect(chainBreaches(records)).toEqual([]));
