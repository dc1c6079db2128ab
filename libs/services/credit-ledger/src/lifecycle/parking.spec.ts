import { Logger } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import { DEAD_LETTER_HEADERS } from '@tallystick/contracts/ledger';
import { streamOf } from '@tallystick/domain/ledger';
import { StoreUnavailable, UnknownOutcome } from '@tallystick/eventing';
import { originalOf } from '@tallystick/hosting';
import { balanceOf, ledgerProcess, organizationWith, SharedStores } from '../../support/ledger-process';
import { event, submitted } from '../../support/messages';

beforeAll(() => Logger.overrideLogger(false));

const POISON = 'pro-v2';
/** Meets the bug of this spec, while it is there. */
const poison = (id: string, key = 'org') => submitted(id, 1, key, POISON);
const small = (id: string, key = 'org') => submitted(id, 1, key);

/** Moves nothing, and so meets no fault of its own. */
const signal = (id: string) => event('job.delivery-failed', { id });

/** Two processes of one ledger, with a bug in one operation and two organizations. */
async function given(credits = 1_000) {
  const shared = new SharedStores();
  const [one, two] = [await ledgerProcess(shared), await ledgerProcess(shared)];
  await organizationWith(one, 'org', credits);
  await organizationWith(one, 'other-org', credits);
  shared.faulty = POISON;
  const { bus, store } = shared;
  const parkedJobs = () =>
    bus.letters.map((letter) => {
      expect(letter.headers[DEAD_LETTER_HEADERS.class]).toBe('parked');
      return (JSON.parse(Buffer.from(letter.value).toString()) as { data: { id: string } }).data.id;
    });
  const reserved = async (organizationId = 'org') =>
    (await store.read(streamOf(organizationId), 0, 10_000))
      .filter(({ type }) => type === 'CreditsReserved')
      .map(({ data }) => (data as { jobId: string }).jobId);
  const listed = () => two.parking.list('', 10);
  return { shared, bus, one, two, parkedJobs, reserved, listed };
}

/** The problem of a release that is refused. */
const refusalOf = async (release: Promise<number>): Promise<Problem> => {
  const refused: unknown = await release.catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Problem);
  return refused as Problem;
};

describe('an organization that meets a fault', () => {
  test('has its messages parked in their order, over batches and a rebalance; the others go on', async () => {
    const { one, two, parkedJobs, reserved, listed } = await given();
    await one.consumer.take([small('a'), small('x', 'other-org')]);
    await one.consumer.take([small('b'), poison('c'), small('y', 'other-org'), signal('d')]);
    await one.consumer.take([small('e'), small('f')]);
    // The second process has no fault of its own: it reads the record.
    await two.consumer.take([small('g'), small('z', 'other-org'), small('h')]);
    expect(parkedJobs()).toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect(await reserved()).toEqual(['a']);
    expect(await reserved('other-org')).toEqual(['x', 'y', 'z']);
    expect(await listed()).toEqual([
      {
        entityId: 'org',
        why: `credits-org is stopped: a bug in ${POISON}`,
        stopped: { kind: 'fault', reason: `a bug in ${POISON}` },
        since: expect.any(String),
        waiting: 7,
      },
    ]);
  });

  test('stays parked when the process starts again', async () => {
    const { shared, one, parkedJobs } = await given();
    await one.consumer.take([poison('a')]);
    const started = await ledgerProcess(shared);
    await started.consumer.take([small('b')]);
    expect(parkedJobs()).toEqual(['a', 'b']);
  });

  test('by an HTTP request has its messages parked too', async () => {
    const { one, two, parkedJobs } = await given();
    const now = new Date().toISOString();
    const job = { operation: POISON, usage: { pages: 1 } };
    const command = { type: 'SubmitJob', jobId: 'a', projectId: 'default', job, now } as const;
    await expect(one.ledger.execute('org', command)).rejects.toThrow('is stopped');
    await two.consumer.take([small('b')]);
    expect(parkedJobs()).toEqual(['b']);
  });

  test('parks nothing before its record is stored: without the store the batch is delivered again', async () => {
    const { shared, one, bus, parkedJobs } = await given();
    const putNew = jest.spyOn(shared.records, 'putNew').mockRejectedValue(new StoreUnavailable('down'));
    const batch = [small('a'), poison('b')];
    await expect(one.consumer.take(batch)).rejects.toThrow('down');
    expect(bus.letters).toEqual([]);
    expect(await one.parking.list('', 10)).toMatchObject([{ entityId: 'org', waiting: 0 }]);
    putNew.mockRestore();
    await one.consumer.take(batch);
    expect(parkedJobs()).toEqual(['a', 'b']);
  });

  test('has its id as the key of its letters, for any key of the producer: they are in one partition', async () => {
    const { one, bus, shared } = await given();
    const named = (id: string, key: string) =>
      event('job.submitted', { id, organizationId: 'org', operation: POISON, usage: { pages: 1 } }, key);
    await one.consumer.take([named('a', 'k'), named('b', 'kk'), named('c', '')]);
    expect(new Set(bus.letters.map(({ partition, key }) => `${key} ${partition}`)).size).toBe(1);
    shared.faulty = undefined;
    expect(await one.parking.release('org')).toBe(3);
  });
});

describe('a release', () => {
  test('decides what has waited in its order, in any process, as the consumer would', async () => {
    const { shared, one, two, bus, reserved, listed } = await given(12);
    const ended = event('job.completed', { id: 'b', usage: { pages: 1 } });
    const unknown = event('usage.reported', { limit: 'maxNonsense', value: 1 });
    await one.consumer.take([poison('a'), submitted('b', 8), submitted('c', 8), ended, submitted('d', 8)]);
    await one.consumer.take([unknown, small('e')]);
    shared.faulty = undefined;
    expect(await two.parking.release('org')).toBe(7);
    expect(await reserved()).toEqual(['a', 'b', 'd']);
    expect(bus.decisions.map(({ type, jobId }) => `${jobId} ${type.split('.').at(-1)}`)).toEqual([
      'a accepted',
      'b accepted',
      'c refused',
      'd accepted',
      'e refused',
    ]);
    const [refused] = await two.letters.list(() => true, undefined, 10);
    expect(refused).toMatchObject({
      class: 'refused',
      key: 'org',
      origin: { topic: 'jobs.lifecycle', offset: unknown.offset },
    });
    expect(await listed()).toEqual([]);
  });

  test('reads on over pages, and leaves the letters of others where they are', async () => {
    const { shared, one, two, reserved, listed } = await given();
    const many = Array.from({ length: 700 }, (_, i) => `job-${i}`);
    await one.consumer.take([poison('p'), poison('q', 'other-org')]);
    for (let at = 0; at < many.length; at += 350)
      await one.consumer.take(
        many.slice(at, at + 350).flatMap((id) => [small(id), small(`${id}-of-other`, 'other-org')]),
      );
    shared.faulty = undefined;
    expect(await two.parking.release('org')).toBe(701);
    expect(await reserved()).toEqual(['p', ...many]);
    expect(await reserved('other-org')).toEqual([]);
    expect(await listed()).toMatchObject([{ entityId: 'other-org', waiting: 701 }]);
  });

  test('may be repeated, and moves nothing again', async () => {
    const { shared, one, two } = await given();
    await one.consumer.take([poison('a'), small('b')]);
    shared.faulty = undefined;
    await two.parking.release('org');
    const before = await balanceOf(two);
    expect(await two.parking.release('org')).toBe(0);
    expect(await one.parking.release('org')).toBe(0);
    expect(await balanceOf(one)).toEqual(before);
  });

  test('is done once where two calls are concurrent', async () => {
    const { shared, one, bus } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    await Promise.all([one.parking.release('org'), one.parking.release('org')]);
    expect(bus.decisions).toHaveLength(1);
  });

  test('under a fault that persists fails, and the remaining messages stay parked in their order', async () => {
    const { shared, one, two, reserved, listed, parkedJobs } = await given();
    const many = Array.from({ length: 499 }, (_, i) => `job-${i}`);
    await one.consumer.take([poison('a'), ...many.map((id) => small(id)), poison('b'), small('c')]);
    shared.faulty = undefined;
    const decide = shared.catalog.operations.get.bind(shared.catalog.operations);
    let rated = 0;
    shared.catalog.operations.get = (id) => {
      if (id === POISON && (rated += 1) > 2) throw new TypeError('still a bug');
      return decide(id);
    };
    const problem = await refusalOf(two.parking.release('org'));
    expect([problem.status, problem.code, problem.members]).toEqual([409, 'still_stopped', { decided: 500 }]);
    expect(problem.detail).toContain('still a bug');
    expect(await listed()).toMatchObject([{ entityId: 'org', waiting: 2 }]);
    await one.consumer.take([small('d')]);
    expect(parkedJobs().slice(-3)).toEqual(['b', 'c', 'd']);
    shared.catalog.operations.get = decide;
    expect(await one.parking.release('org')).toBe(3);
    expect(await reserved()).toEqual(['a', ...many, 'b', 'c', 'd']);
  });

  test('is noticed by a process that had stopped: requests and messages go on there, in their order', async () => {
    const { shared, one, two, reserved } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    await expect(balanceOf(one)).rejects.toThrow('is stopped');
    await two.parking.release('org');
    await one.consumer.take([small('b'), small('c'), small('d')]);
    expect(await reserved()).toEqual(['a', 'b', 'c', 'd']);
    expect(await balanceOf(one)).toEqual(await balanceOf(two));
  });

  test('of a hundred organizations makes a process ready that had stopped for all of them', async () => {
    const { one, two, shared } = await given();
    const names = Array.from({ length: 101 }, (_, i) => `org-${i}`);
    for (const name of names) await organizationWith(one, name, 10);
    await one.consumer.take(names.map((name) => poison('a', name)));
    const ready = one.checks.get('organizations')!;
    expect(await ready()).toBe('101 organizations are stopped by a fault');
    shared.faulty = undefined;
    for (const name of names) await two.parking.release(name);
    expect(await ready()).toBeUndefined();
  });
});

describe('no message is left behind, nor overtaken, when a release', () => {
  test('is over while the consumer puts letters there that it had read the record for', async () => {
    const { shared, bus, one, two, reserved, listed } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    bus.beforePublish = async (topic) => {
      if (!topic.endsWith('dead-letters')) return;
      bus.beforePublish = async () => undefined;
      await two.parking.release('org');
    };
    await one.consumer.take([small('b'), small('c')]);
    expect(await reserved()).toEqual(['a', 'b', 'c']);
    await one.consumer.take([small('d')]);
    expect(await reserved()).toEqual(['a', 'b', 'c', 'd']);
    expect([await listed(), await two.letters.list(() => true, undefined, 10)]).toEqual([[], []]);
  });

  test('is over as soon as the consumer has read that there is a record: it does not come back', async () => {
    const { shared, one, two, reserved, listed } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    const { records } = shared;
    const get = records.get.bind(records);
    jest.spyOn(records, 'get').mockImplementationOnce(async (collection, keys, now) => {
      const found = await get(collection, keys, now);
      await two.parking.release('org');
      return found;
    });
    await one.consumer.take([small('b')]);
    expect([await reserved(), await listed()]).toEqual([['a', 'b'], []]);
  });

  test('has seen no more letters, but has not yet removed the record when new ones come', async () => {
    const { shared, one, two, reserved, listed } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    const { records } = shared;
    const remove = records.remove.bind(records);
    jest.spyOn(records, 'remove').mockImplementationOnce(async (collection, keys) => {
      await one.consumer.take([small('b')]);
      await remove(collection, keys);
    });
    expect(await two.parking.release('org')).toBe(2);
    expect(await reserved()).toEqual(['a', 'b']);
    expect([await listed(), await two.letters.list(() => true, undefined, 10)]).toEqual([[], []]);
  });

  test('dies behind the removal: the consumer decides what it had parked before anything newer', async () => {
    const { shared, one, two, reserved } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    const { records } = shared;
    const remove = records.remove.bind(records);
    jest.spyOn(records, 'remove').mockImplementationOnce(async (collection, keys) => {
      await one.consumer.take([small('b')]);
      await remove(collection, keys);
      throw new StoreUnavailable('the process died');
    });
    await expect(two.parking.release('org')).rejects.toThrow('died');
    await one.consumer.take([small('c')]);
    expect(await reserved()).toEqual(['a', 'b', 'c']);
    expect(await two.letters.list(() => true, undefined, 10)).toEqual([]);
  });

  test('meets the fault only in its last look: the record is there again', async () => {
    const { shared, one, two, listed, parkedJobs } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    const { records } = shared;
    const remove = records.remove.bind(records);
    jest.spyOn(records, 'remove').mockImplementationOnce(async (collection, keys) => {
      await one.consumer.take([poison('b')]);
      shared.faulty = POISON;
      await remove(collection, keys);
    });
    expect((await refusalOf(two.parking.release('org'))).members).toEqual({ decided: 1 });
    await one.consumer.take([small('c')]);
    expect(await listed()).toMatchObject([{ entityId: 'org', waiting: 2 }]);
    expect(parkedJobs()).toEqual(['a', 'b', 'c']);
  });

  test('that meets the fault only in its last read, and cannot store it for other processes, has an unknown outcome', async () => {
    const { shared, one, two } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    const { records } = shared;
    const remove = records.remove.bind(records);
    jest.spyOn(records, 'remove').mockImplementationOnce(async (collection, keys) => {
      await one.consumer.take([poison('b')]);
      shared.faulty = POISON;
      await remove(collection, keys);
      jest.spyOn(records, 'putNew').mockRejectedValue(new StoreUnavailable('down'));
    });
    await expect(two.parking.release('org')).rejects.toThrow(UnknownOutcome);
  });

  test('ends while the fault recurs in the consumer: it parks the organization again, in all processes', async () => {
    const { shared, bus, one, two, listed } = await given();
    await one.consumer.take([poison('a')]);
    shared.faulty = undefined;
    bus.beforePublish = async (topic) => {
      if (!topic.endsWith('dead-letters')) return;
      bus.beforePublish = async () => undefined;
      await two.parking.release('org');
      shared.faulty = POISON;
    };
    await one.consumer.take([poison('b')]);
    expect(await listed()).toMatchObject([{ entityId: 'org', waiting: 1 }]);
    shared.faulty = undefined;
    expect(await two.parking.release('org')).toBe(1);
  });
});

test('a letter gives back the message as it was, at the place where it lay', async () => {
  const { one, bus } = await given();
  const message = poison('a');
  await one.consumer.take([message]);
  expect(originalOf(bus.letters[0]!)).toEqual(message);
});
