import { type Caller, hashOfKey } from '@tallystick/contracts/http';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { systemClock } from '@tallystick/runtime';
import { OperatorKey } from './operator-key';
import { Holders } from '../../../support/app';
import { KeyCache } from './key-cache';
import { PacedLookUps, TokenBuckets } from './unknown-keys';

const ACME: Caller = { keyId: 'k1', role: 'organization', organizationId: 'acme' };
const HERE = '203.0.113.7';
const BURST = 5;

async function newKeys(more: object = {}) {
  const holders = new Holders();
  const records = new InMemoryRecordStore();
  const operator = await OperatorKey.of('the-operator-key', records, true);
  const settings = { keyCacheSeconds: 5, unknownKeysPerMinute: 60, unknownKeysBurst: BURST, ...more };
  return { holders, keys: new KeyCache(holders, operator, settings, systemClock) };
}
const outcomeOf = (asking: Promise<Caller | undefined>) =>
  asking.then(
    (caller) => caller?.keyId ?? 401,
    ({ status, members }: { status: number; members: { retryAfter: number } }) => [status, members.retryAfter],
  );

describe('unknown keys', () => {
  test('are looked up as often as the share of their address allows, then refused', async () => {
    const { holders, keys } = await newKeys();
    const at = 1_000_000;
    const outcomes: unknown[] = [];
    for (let i = 0; i < BURST + 2; i++) outcomes.push(await outcomeOf(keys.holder(`wrong-${i}`, HERE, at)));
    expect(outcomes).toEqual([401, 401, 401, 401, 401, [429, 1], [429, 1]]);
    expect(await outcomeOf(keys.holder('wrong-elsewhere', '198.51.100.1', at))).toBe(401);
    // (after Retry-After: one second, at 60 look-ups per minute)
    expect(await outcomeOf(keys.holder('wrong-later', HERE, at + 1_000))).toBe(401);
    expect(await outcomeOf(keys.holder('wrong-again', HERE, at + 1_000))).toEqual([429, 1]);
    expect(holders.askedFor).toBe(BURST + 2 + 1 + 2);
  });

  test('cost few reads, however many come at once', async () => {
    const { holders, keys } = await newKeys();
    const at = Date.now();
    const many = Array.from({ length: 1_500 }, (_, i) => outcomeOf(keys.holder(`wrong-${i}`, HERE, at)));
    const outcomes = await Promise.all(many);
    expect(outcomes.filter((one) => one === 401)).toHaveLength(BURST);
    expect(holders.asked).toBeLessThanOrEqual(BURST + 2);
  });

  test('are remembered for a second: the same one again costs no read, and its share all the same', async () => {
    const { holders, keys } = await newKeys();
    const at = 1_000_000;
    for (let i = 0; i < BURST; i++) expect(await outcomeOf(keys.holder('wrong', HERE, at))).toBe(401);
    expect(await outcomeOf(keys.holder('wrong', HERE, at))).toEqual([429, 1]);
    expect(holders.asked).toBe(1);
    holders.keys.set('wrong', ACME);
    expect(await outcomeOf(keys.holder('wrong', HERE, at + 1_000))).toBe('k1');
  });
});

describe('a known key is never refused because of unknown ones', () => {
  const flooded = async (more: object = {}) => {
    const { holders, keys } = await newKeys(more);
    holders.keys.set('seen', ACME);
    await keys.holder('seen', HERE);
    const flood = () => Array.from({ length: 200 }, (_, i) => outcomeOf(keys.holder(`wrong-${i}`, HERE)));
    await Promise.all(flood());
    return { holders, keys, flood };
  };

  test('though it was not seen before', async () => {
    const { holders, keys, flood } = await flooded();
    holders.keys.set('new', ACME);
    const [asked] = [outcomeOf(keys.holder('new', HERE)), ...flood()];
    expect(await asked).toBe('k1');
  });

  test('nor does it wait where it was good before', async () => {
    const { holders, keys } = await flooded({ keyCacheSeconds: 0 });
    const before = holders.asked;
    const asked = keys.holder('seen', HERE);
    // (at once, not with the next group)
    expect(holders.asked).toBe(before + 1);
    expect(await outcomeOf(asked)).toBe('k1');
  });

  test('and uses up nothing of the share of its address', async () => {
    const { holders, keys } = await newKeys();
    for (let i = 0; i < 3 * BURST; i++) {
      holders.keys.set(`good-${i}`, ACME);
      expect(await outcomeOf(keys.holder(`good-${i}`, HERE))).toBe('k1');
    }
    expect(await outcomeOf(keys.holder('wrong', HERE))).toBe(401);
  });

  test('the operator key and the internal key need no look-up', async () => {
    const { holders, keys } = await flooded({ ledgerKey: 'the-internal-key' });
    const before = holders.asked;
    expect(await outcomeOf(keys.holder('the-operator-key', HERE))).toBe('operator');
    expect(await outcomeOf(keys.holder('the-internal-key', HERE))).toBe('internal');
    expect(holders.asked).toBe(before);
  });
});

test('a key that is revoked while it is looked up is not remembered', async () => {
  const { holders, keys } = await newKeys();
  holders.keys.set('brief', ACME);
  const find = holders.find.bind(holders);
  jest.spyOn(holders, 'find').mockImplementationOnce(async (hashes) => {
    const found = await find(hashes);
    holders.keys.delete('brief');
    holders.forget();
    return found;
  });
  await keys.holder('brief', HERE);
  expect(await outcomeOf(keys.holder('brief', HERE))).toBe(401);
});

test('requests with the same key share one read', async () => {
  const { holders, keys } = await newKeys();
  holders.keys.set('good', ACME);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(keys.holder('good', HERE))));
  expect([new Set(outcomes), holders.asked]).toEqual([new Set(['k1']), 1]);
});

test('an operator key that another process has made is found', async () => {
  const holders = new Holders();
  const records = new InMemoryRecordStore();
  const here = await OperatorKey.of(undefined, records, false);
  const keys = new KeyCache(
    holders,
    here,
    { keyCacheSeconds: 5, unknownKeysPerMinute: 1, unknownKeysBurst: 1 },
    systemClock,
  );
  const there = await OperatorKey.of(undefined, records, true);
  await there.keep();
  const group = ['wrong-1', 'wrong-2', there.key!].map((key) => outcomeOf(keys.holder(key, HERE)));
  expect((await Promise.all(group)).map((one) => (Array.isArray(one) ? one[0] : one))).toEqual([401, 429, 'operator']);
});

test('memory for addresses is bounded: the quietest one is forgotten', () => {
  const buckets = new TokenBuckets(1, 1);
  for (let i = 0; i <= 10_000; i++) expect(buckets.take(`a${i}`, 0)).toBe(true);
  expect([buckets.take('a10000', 0), buckets.take('a0', 0)]).toEqual([false, true]);
});

test('a clock that is set back gives nothing', () => {
  const buckets = new TokenBuckets(60, 1);
  expect([buckets.take('a', 5_000), buckets.take('a', 1_000)]).toEqual([true, false]);
  expect(buckets.secondsToWait('a', 1_000)).toBe(1);
});

test('a read that fails fails those who waited for it, and the next ones are read again', async () => {
  let failing = true;
  const paced = new PacedLookUps(async (hashes) => {
    if (failing) throw new Error('disk');
    return hashes;
  });
  await expect(paced.add('a')).rejects.toThrow('disk');
  failing = false;
  expect(await paced.add('b')).toBe('b');
});

test('of what waits only so much is kept', async () => {
  const paced = new PacedLookUps(async (hashes) => hashes);
  const waiting = Array.from({ length: 10_001 }, async (_, i) => paced.add(`h${i}`));
  const found = await Promise.all(waiting);
  expect(found.filter((one) => one === undefined)).toHaveLength(1);
});

test('of keys only hashes are asked for', async () => {
  const { holders, keys } = await newKeys();
  const find = jest.spyOn(holders, 'find');
  await keys.holder('wrong', HERE);
  expect(find.mock.calls).toEqual([[[await hashOfKey('wrong')]]]);
});
