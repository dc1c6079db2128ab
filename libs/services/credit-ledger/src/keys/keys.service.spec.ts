import { systemClock } from '@tallystick/runtime';
import { hashOfKey, Problem } from '@tallystick/contracts/http';
import { type RecordChange, UnknownOutcome } from '@tallystick/eventing';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { KeysService } from './keys.service';

const REQUEST = { role: 'project', organizationId: 'acme', projectId: 'p', name: 'CI' } as const;

/** Records that several processes share; each call takes a turn of the event loop, so that steps of all of them alternate. */
class InterleavedRecordStore extends InMemoryRecordStore {
  override async get(...given: Parameters<InMemoryRecordStore['get']>) {
    const found = await super.get(...given);
    await new Promise(setImmediate);
    return found;
  }
  override async replace(changes: readonly RecordChange[], now: number): Promise<boolean> {
    await new Promise(setImmediate);
    return super.replace(changes, now);
  }
}

let records: InterleavedRecordStore;
let one: KeysService;
let two: KeysService;
beforeEach(() => {
  records = new InterleavedRecordStore();
  [one, two] = [new KeysService(records, systemClock), new KeysService(records, systemClock)];
});
const holders = async () =>
  (await records.list('key-holders', { prefix: '', limit: 100, now: 0 })).map(({ key }) => key);
const found = async (key: string) => (await two.find([await hashOfKey(key)]))[0];
const isGood = async (key: string) => (await found(key)) !== undefined;
const goodOf = async (secrets: readonly string[]) => {
  const good = await Promise.all(secrets.map(isGood));
  return secrets.filter((_, at) => good[at]);
};
const secretsOf = (settled: readonly PromiseSettledResult<{ readonly key: string }>[]) =>
  settled.flatMap((it) => (it.status === 'fulfilled' ? [it.value.key] : []));
const problemsOf = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.flatMap((it) => (it.status === 'rejected' ? [it.reason as Problem] : []));

test('a key is found by its secret, as whose it is', async () => {
  const { key, keyId, ...view } = await one.issue(REQUEST);
  expect(view).toMatchObject({ ...REQUEST, ending: key.slice(-4) });
  expect(await found(key)).toEqual({ keyId, role: 'project', organizationId: 'acme', projectId: 'p' });
  const operator = await one.issue({ role: 'operator' });
  expect(await found(operator.key)).toEqual({ keyId: operator.keyId, role: 'operator' });
  expect(await found('unknown')).toBeUndefined();
});

test('of rolls at the same time one brings the good secret, the others a conflict', async () => {
  const first = await one.issue(REQUEST);
  const secrets = [first.key];
  for (let round = 0; round < 5; round++) {
    const rolls = Array.from({ length: 6 }, (_, at) => (at % 2 ? one : two).roll('acme', first.keyId));
    const settled = await Promise.allSettled(rolls);
    expect(secretsOf(settled)).toHaveLength(1);
    expect(problemsOf(settled).map(({ status, code }) => [status, code])).toEqual(Array(5).fill([409, 'key_conflict']));
    secrets.push(...secretsOf(settled));
    expect(await goodOf(secrets)).toEqual(secretsOf(settled));
    expect(await holders()).toHaveLength(1);
  }
});

test('after a revocation no secret is good, in any order of what is done at the same time', async () => {
  for (let round = 0; round < 30; round++) {
    const { key, keyId } = await one.issue(REQUEST);
    const wait = (turns: number) =>
      Array.from({ length: turns }).reduce<Promise<unknown>>(
        (before) => before.then(() => new Promise(setImmediate)),
        Promise.resolve(),
      );
    const rolls = [0, 1, 2, 3].map((at) => wait((at * round) % 7).then(() => (at % 2 ? one : two).roll('acme', keyId)));
    const revoked = [one, two].map((keys) => wait(round % 5).then(() => keys.revoke('acme', keyId)));
    const settled = await Promise.allSettled(rolls);
    const [a, b] = await Promise.all(revoked);
    expect(a!.revokedAt).toBe(b!.revokedAt);
    expect(await one.revoke('acme', keyId)).toEqual(a);
    expect(await goodOf([key, ...secretsOf(settled)])).toEqual([]);
    expect(problemsOf(settled).every(({ status }) => status === 409 || status === 404)).toBe(true);
    expect(await one.roll('acme', keyId).catch(({ status }: Problem) => status)).toBe(404);
    expect(await holders()).toEqual([]);
  }
});

test('a process that stops between two steps leaves one good secret', async () => {
  const { key, keyId } = await one.issue(REQUEST);
  const remove = jest.spyOn(records, 'remove').mockRejectedValue(new UnknownOutcome('killed'));
  const rolled = await one.roll('acme', keyId);
  expect(await holders()).toHaveLength(2);
  expect(await goodOf([key, rolled.key])).toEqual([rolled.key]);
  await one.revoke('acme', keyId);
  expect(await goodOf([key, rolled.key])).toEqual([]);
  remove.mockRestore();
  expect(await goodOf([key, rolled.key])).toEqual([]);
  expect(await holders()).toEqual([]);
});

test('where it is unknown whether a roll was stored, the caches forget what they had', async () => {
  const { keyId } = await one.issue(REQUEST);
  let forgotten = 0;
  one.onRevoked(() => (forgotten += 1));
  jest.spyOn(records, 'replace').mockRejectedValueOnce(new UnknownOutcome('cut'));
  await expect(one.roll('acme', keyId)).rejects.toThrow(UnknownOutcome);
  expect(forgotten).toBe(1);
});

describe('what version 0.1 has left', () => {
  /** It wrote record and index one after the other, without a condition. */
  const left = async (secrets: readonly string[], more: object = {}) => {
    const hashes = await Promise.all(secrets.map(hashOfKey));
    const record = {
      keyId: 'k',
      ...REQUEST,
      hash: hashes.at(-1),
      ending: 'xxxx',
      createdAt: '2026-11-01T00:00:00.000Z',
      ...more,
    };
    await records.put('keys', [{ key: 'acme/k', value: record }]);
    const value = { keyId: 'k', role: 'project', organizationId: 'acme', projectId: 'p' };
    await records.put(
      'key-holders',
      hashes.map((key) => ({ key, value })),
    );
    return hashes;
  };

  test('is good where the record has the hash, and else never; the index is repaired as it is met', async () => {
    const hashes = await left(['lost roll', 'other lost roll', 'good']);
    expect(await goodOf(['lost roll', 'other lost roll', 'good'])).toEqual(['good']);
    expect(await holders()).toEqual([hashes[2]]);
    const { key } = await one.roll('acme', 'k');
    expect(await goodOf(['good', key])).toEqual([key]);
  });

  test('gives no access after a revocation', async () => {
    await left(['lost roll', 'last'], { revokedAt: '2026-11-02T00:00:00.000Z' });
    expect(await goodOf(['lost roll', 'last'])).toEqual([]);
    expect(await holders()).toEqual([]);
    expect(await one.revoke('acme', 'k')).toMatchObject({ revokedAt: '2026-11-02T00:00:00.000Z' });
  });

  test('gives none without a record', async () => {
    await left(['orphan']);
    await records.remove('keys', ['acme/k']);
    expect(await goodOf(['orphan'])).toEqual([]);
  });
});

describe('made under an Idempotency-Key', () => {
  test('it is one key, with one good secret, however often it is made', async () => {
    const settled = await Promise.allSettled([one, two, one].map((keys) => keys.issue(REQUEST, ['i', 'f'])));
    expect(secretsOf(settled)).toHaveLength(1);
    expect(problemsOf(settled).map(({ code }) => code)).toEqual(['key_conflict', 'key_conflict']);
    const again = await two.issue(REQUEST, ['i', 'f']);
    expect(await goodOf([...secretsOf(settled), again.key])).toEqual([again.key]);
    expect(await one.list('acme', undefined, 10)).toHaveLength(1);
    const former = await two.issue(REQUEST, ['another', 'i']);
    expect(former.keyId).toBe(again.keyId);
  });

  test('another key under it is a conflict, and so is one that was revoked', async () => {
    const { keyId } = await one.issue(REQUEST, ['i', 'f']);
    const codeOf = (made: Promise<unknown>) =>
      made.then(
        () => 'made',
        ({ status, code }: Problem) => `${status} ${code}`,
      );
    for (const other of [{ projectId: 'q' }, { role: 'organization' as const }, { name: undefined }])
      expect(await codeOf(one.issue({ ...REQUEST, ...other }, ['i', 'f']))).toBe('422 idempotency_conflict');
    await one.revoke('acme', keyId);
    expect(await codeOf(one.issue(REQUEST, ['i', 'f']))).toBe('409 key_conflict');
  });
});
