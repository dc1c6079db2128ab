import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { BrokenInvariant, Unreadable } from '@tallystick/domain/kernel';
import { readEvent, readRecord, SCHEMA_VERSION } from './codec';
import { evolve } from './state/evolve';
import { initialLedger } from './state/ledger';
import { LEDGER_VIEWS, type LedgerStreamEvent } from './index';

const GOLDEN = join(__dirname, '../golden/v1');
const golden = readdirSync(GOLDEN)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(GOLDEN, name), 'utf8')) as StoredGoldenEvent);
interface StoredGoldenEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}
const [opened] = golden;
const reserved = golden.find(({ type }) => type === 'CreditsReserved')!;
const AT = '2026-11-21T09:30:00.000Z';
const ours = (schemaVersion = 1) => ({ schemaVersion, occurredAt: AT, recordedAt: AT });
const kindOf = (read: unknown) => (read instanceof Unreadable ? read.kind : 'event');

describe('a record of an organization’s stream', () => {
  test.each<[string, unknown, unknown, unknown, string]>([
    ['an event of this program', 'CreditsReserved', reserved.data, ours(), 'event'],
    ['without metadata', 'MonthlyReport', {}, undefined, 'foreign'],
    ['with null for metadata', 'MonthlyReport', {}, null, 'foreign'],
    ['with a text for metadata', 'MonthlyReport', {}, 'by the report job', 'foreign'],
    ['with bytes for data and metadata', 'x', new Uint8Array([1]), new Uint8Array([2]), 'foreign'],
    ['our type with another program’s metadata', 'CreditsReserved', reserved.data, { $correlationId: 'c' }, 'foreign'],
    ['our type with a version alone', 'CreditsReserved', reserved.data, { schemaVersion: 1 }, 'foreign'],
    ['a time that is none', 'CreditsReserved', reserved.data, { ...ours(), recordedAt: 'now' }, 'foreign'],
    [
      'a day that is none',
      'CreditsReserved',
      reserved.data,
      { ...ours(), recordedAt: '2026-02-30T00:00:00.000Z' },
      'foreign',
    ],
    ['a job id that is an object', 'CreditsReserved', { ...reserved.data, jobId: {} }, ours(), 'foreign'],
    ['a key that no index takes', 'CreditsReserved', { ...reserved.data, jobId: 'x'.repeat(5_000) }, ours(), 'foreign'],
    ['a key that UTF-8 cannot hold', 'CreditsReserved', { ...reserved.data, jobId: '\ud800' }, ours(), 'foreign'],
    ['draws that are no list', 'CreditsReserved', { ...reserved.data, draws: 'all' }, ours(), 'foreign'],
    [
      'a draw of a negative amount',
      'CreditsReserved',
      { ...reserved.data, draws: [{ grantId: 'g', kind: 'top-up', credits: -5 }] },
      ours(),
      'foreign',
    ],
    ['no data', 'CreditsReserved', null, ours(), 'foreign'],
    ['a later schema version', 'CreditsReserved', {}, ours(SCHEMA_VERSION + 1), 'newer'],
    ['a type that a later version has', 'CreditsPainted', {}, ours(), 'newer'],
    ['a type named as a member of every object', 'constructor', {}, ours(), 'newer'],
  ])('%s', (_, type, data, metadata, kind) => {
    const read = readRecord({ type: type as string, data, metadata, revision: 7 });
    expect(kindOf(read)).toBe(kind);
    if (read instanceof Unreadable) expect(read.reason).toMatch(/^\w.*\w$/);
  });

  test('of a later version says what to do', () => {
    const { reason } = readEvent({ type: 'CreditsPainted', data: {}, metadata: ours() }) as Unreadable;
    expect(reason).toBe('this program has no event of type CreditsPainted: start a later version of Tallystick');
  });
});

describe('the first record determines the owner of a stream', () => {
  test.each<[string, unknown, string]>([
    ['the opening', opened, 'event'],
    ['another event of this program', reserved, 'not-ours'],
    ['another program’s', { type: 'MonthlyReport', data: {}, metadata: undefined }, 'not-ours'],
    [
      'an opening without our metadata',
      { type: 'OrganizationOpened', data: { currency: 'USD' }, metadata: {} },
      'not-ours',
    ],
    ['a later version’s', { type: 'OrganizationOpened', data: {}, metadata: ours(SCHEMA_VERSION + 1) }, 'newer'],
  ])('%s', (_, stored, kind) => {
    expect(kindOf(readRecord({ ...(stored as StoredGoldenEvent), revision: 0 }))).toBe(kind);
  });
});

describe('hostile data', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('job-1', 'package-1', 'p1', 'top-up', AT, '2026-02-30T00:00:00.000Z', 0, 1, -1, 1e300, ''),
  );
  /** A golden event with a few members replaced, at any depth. */
  const damaged = fc.tuple(
    fc.constantFrom(...golden),
    fc.array(fc.tuple(fc.nat(30), value), { minLength: 1, maxLength: 3 }),
  );
  const pathsOf = (at: unknown, path: readonly string[] = []): (readonly string[])[] =>
    typeof at !== 'object' || at === null
      ? [path]
      : [path, ...Object.entries(at).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))];
  const withReplaced = (data: unknown, [nth, to]: [number, unknown]): unknown => {
    const paths = pathsOf(data);
    const copy = { root: structuredClone(data) } as Record<string, unknown>;
    const path = ['root', ...paths[nth % paths.length]!];
    let at = copy as Record<string, Record<string, unknown>>;
    for (const name of path.slice(0, -1)) at = at[name] as never;
    at[path.at(-1)!] = to as never;
    return copy.root;
  };

  test('is distinguished from an event, or folds, or breaks an invariant: nothing else is thrown', () => {
    fc.assert(
      fc.property(damaged, fc.nat(golden.length - 1), ([event, changes], after) => {
        const data = changes.reduce<unknown>((at, change) => withReplaced(at, change as [number, unknown]), event.data);
        const read = readEvent({ ...event, data });
        if (read instanceof Unreadable) return;
        const state = initialLedger();
        golden.slice(0, after).forEach((one, revision) => evolve(state, one as never, revision));
        try {
          evolve(state, read, after);
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenInvariant);
        }
        rowsOf({ entityId: 'org', revision: after, event: read }).forEach(expectStorable);
      }),
      { numRuns: 2_000 },
    );
  });

  const rowsOf = (streamEvent: LedgerStreamEvent) =>
    LEDGER_VIEWS.flatMap((view) =>
      view.keysOf(streamEvent).map((key) => view.write(view.fold(view.read(undefined, key), streamEvent))),
    );
  const expectStorable = (row: Readonly<Record<string, unknown>>) => {
    for (const [column, held] of Object.entries(row))
      if (typeof held === 'number') expect([column, Number.isSafeInteger(held)]).toEqual([column, true]);
      else if (held !== null) expect([column, typeof held]).toEqual([column, 'string']);
  };
});
