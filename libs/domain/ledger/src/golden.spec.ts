import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { places, LedgerHarness } from '../support/ledger-harness';
import { decode, encode, SCHEMA_VERSION, schemaVersionOf } from './codec';
import { EVENT_TYPES } from './well-formed';
import { evolve } from './state/evolve';
import { initialLedger } from './state/ledger';

// Stored events are a file format and stay readable. Files are never edited: a new shape is a new schema version, with its upcast and
// its own folder.

const FOLDER = join(__dirname, '../golden/v1');
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort();
const text = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const events = names.map((name) => decode(JSON.parse(text(name))));
/** Types, optional members (`TYPE+member`) and versions that were added later, each with the SHA-256 and the version of its file. */
const LATER = join(__dirname, '../golden');
const added = [
  ['v1-added', 'ForeignEventAccepted', 'fda2b6043d7c6bb7f2776f12da3ab338b8c69c5000efcc7756623a909256821f', 1],
  ['v1-added', 'HistorySealed', '35c466bca64432d8845d2ccb601fcf335fdcbe476a037f7ce917a9e26ba95149', 1],
  ['v1-added', 'CreditsConsumed', 'd756798b834d4bd2c2a5454a92943a6755c06048b292d901862d1367596477c1', 1],
  ['v1-added', 'CreditsRefunded', '88cedc76e06a718cff94e56f654087465d3bb8954e042cc873bdf6c051025e7f', 1],
  ['v2', 'OutcomeRemembered', '61e967e3853b1f22a936057dba494512bbe30a2281cadbd2a151737478ee4d33', 2],
  ['v2', 'OutcomeContradicted', '6b805fc306baa172ae35a1825bf24b6fd0a2d895c8d9248b1dde24dd3e451aa8', 2],
  ['v1-added', 'CreditsConsumed+hasDetails', '868d6ebd7898a4a92ff04437892e67a25109aecb7ce67933799386f1bee5c5b6', 1],
  ['v1-added', 'CreditsReserved+hasDetails', 'f73ca752dada18a01dec3185dda4f2c5ca686908cb36f56f216312dc432101bb', 1],
  ['v1-added', 'GrantGraceSet', '6d951e61ad605e1ee7aa495abbfddae22b2dd7525761838209b3c1e75944a0a4', 1],
  ['v1-added', 'PlanScheduled', '3bfddc50040278a1774bc20c3b032a3c1623e1d694764fdc462966dbba836d3a', 1],
  ['v1-added', 'PeriodClosed', 'adc6103651b8629f85618a93f30d2621a81bc64b376de56e729069505a735a89', 1],
  ['v1-added', 'CreditsRevoked+cause', '3f1bde8a54cc8b721c43e8dc3443878568197a8d88c0a0a79cddb4d7b5dd87f0', 1],
  ['v3', 'CreditsGranted', '152b309ad827b85eb92a0d91a7f795c59b56eed1125a52f017e4bd1c31fa65b9', 3],
  ['v3', 'PlanSet', '14e0acb8b2c093b9b732f711ca644d71c08f2eb2223eb9261912621bd8c4153d', 3],
] as const;
const addedText = (type: string, folder = 'v1-added'): string =>
  readFileSync(join(LATER, folder, `${type}.json`), 'utf8');

describe('golden files', () => {
  test('none was edited, none is missing', () => {
    const sums = names.map((name) => `${createHash('sha256').update(text(name)).digest('hex')}  ${name}`);
    expect(sums).toEqual(text('SHA256SUMS').trimEnd().split('\n'));
  });

  test('the list itself was not edited', () => {
    expect(createHash('sha256').update(text('SHA256SUMS')).digest('hex')).toBe(
      'dd64ec4b87a0ee2bb466ca6f3f578d4f55bfefd389ce79610a635ae3aec0e6e0',
    );
  });

  test('every event type has one, as stored', () => {
    const types = new Set<string>([...events.map(({ type }) => type), ...added.map(([, type]) => type)]);
    expect([...EVENT_TYPES].filter((type) => !types.has(type))).toEqual([]);
    expect(names.map((name, i) => `${String(i).padStart(2, '0')}-${events[i]!.type}.json`)).toEqual(names);
    for (const { metadata } of events) expect(metadata.schemaVersion).toBe(1);
  });
});

test.each(added)('%s/%s, added later, is unchanged', (folder, name, sum, schemaVersion) => {
  const [type, member] = name.split('+');
  expect(createHash('sha256').update(addedText(name, folder)).digest('hex')).toBe(sum);
  const event = decode(JSON.parse(addedText(name, folder)));
  expect(event).toMatchObject({ type, metadata: { schemaVersion } });
  expect(schemaVersionOf(event.type, event.data)).toBe(schemaVersion);
  if (member !== undefined) expect(event.data).toHaveProperty(member);
});

test('metadata stored since the hash chain are read with their former names and without the hash', () => {
  const { metadata } = decode(JSON.parse(addedText('HistorySealed')));
  const at = '2026-11-30T09:30:00.000Z';
  const expected = {
    schemaVersion: 1,
    occurredAt: at,
    recordedAt: at,
    correlationId: 'c-1',
    causationId: 'm-1',
  };
  expect(metadata).toEqual(expected);
  const { hash: _ofTheChain, ...stored } = JSON.parse(addedText('HistorySealed')).metadata;
  const event = decode(JSON.parse(addedText('HistorySealed')));
  expect(encode(event).metadata).toEqual(stored);
  expect(decode({ ...event, metadata: encode({ ...event, metadata: expected }).metadata }).metadata).toEqual(expected);
});

describe('folded, the golden events lead to the state they led to when they were written', () => {
  const harness = new LedgerHarness();
  harness.state = events.reduce((state, event, revision) => evolve(state, event, revision), initialLedger());
  const { state } = harness;

  test('balances', () => {
    expect(places(harness)).toEqual([0, 13, 97, 90, 46]);
    expect([...state.balance.grants.keys()].map((id) => [id, places(harness, id)])).toEqual([
      ['package-1', [0, 5, 25, 70, 0]],
      ['payg:job-12', [0, 8, 0, 0, 0]],
    ]);
    expect([...state.given.keys()]).toEqual(['package-1', 'top-up-1', 'scoped', 'trial:draw', 'last']);
  });

  test('jobs', () => {
    expect([...state.jobs.keys()]).toEqual(['job-8', 'job-12']);
    expect([...state.settled].map(([id, job]) => [id, job.status, job.consumed, job.refunded, job.writtenOff])).toEqual(
      [
        ['job-1', 'consumed', 8, 2, 0],
        ['job-2', 'refunded', 0, 10, 0],
        ['job-4', 'refunded', 0, 3, 0],
        ['job-3', 'timed-out', 0, 2, 0],
        ['job-6', 'consumed', 22, 20, 0],
        ['job-7', 'refunded', 0, 30, 0],
        ['job-9', 'consumed', 10, 20, 0],
        ['job-10', 'consumed', 45, 0, 0],
        ['job-11', 'refunded', 0, 6, 0],
        ['job-14', 'consumed', 12, 0, 8],
      ],
    );
    expect([...state.early.keys()]).toEqual(['job-5']);
    expect([...state.contradicted.keys()]).toEqual(['job-1']);
  });

  test('counts, plan, settings', () => {
    expect([...state.spent.values(), ...state.reported.values()].map(({ value }) => value)).toEqual([
      65, 8, 3.5, 2, 7, 3, 3,
    ]);
    expect([...state.caps]).toEqual([
      ['project/p1', 500],
      ['key/k1', 200],
    ]);
    expect(state).toMatchObject({
      opened: true,
      currency: 'USD',
      plan: undefined,
      periodFrom: '2026-11-23T09:55:00.000Z',
      overage: 'none',
      settings: { retentionDays: 14, projectRetentionDays: { p1: 0, p2: 'off' }, alertThresholds: [100, 20] },
      windowClosedBefore: '2026-10-19T09:55:00.000Z',
    });
  });
});

describe('older and newer versions', () => {
  const TIMES = { occurredAt: '2026-11-21T09:30:00.000Z', recordedAt: '2026-11-21T09:30:00.000Z' };
  const stored = {
    type: 'GrantMade',
    data: { id: 'g', amount: 5 },
    metadata: { schemaVersion: -1 as number, ...TIMES },
  };
  const upcasts = new Map<number, (event: never) => object>([
    [-1, (event: typeof stored) => ({ ...event, type: 'CreditsGranted' })],
    [
      0,
      ({ data: { id, amount }, ...event }: typeof stored) => ({
        ...event,
        data: { grantId: id, credits: amount, kind: 'top-up', reason: 'lifted' },
      }),
    ],
  ]) as unknown as Parameters<typeof decode>[1];

  test('an event of an invented version is converted step by step to the current one', () => {
    expect(decode(stored, upcasts)).toMatchObject({
      type: 'CreditsGranted',
      data: { grantId: 'g', credits: 5 },
    });
  });

  test('an event of the current version is unchanged', () => {
    const event = JSON.parse(text(names[1]!));
    expect(decode(event, upcasts)).toBe(event);
  });

  test.each([
    [
      'a later version',
      { type: 'CreditsGranted', data: {}, metadata: { ...TIMES, schemaVersion: SCHEMA_VERSION + 1 } },
    ],
    ['no version', { type: 'CreditsGranted', data: {}, metadata: {} }],
    ['an unknown type', { type: 'CreditsPainted', data: {}, metadata: { ...TIMES, schemaVersion: 1 } }],
  ])('%s is not guessed at', (_, event) => {
    expect(() => decode(event)).toThrow(/version/);
  });
});
