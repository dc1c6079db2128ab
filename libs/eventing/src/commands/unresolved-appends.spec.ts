import {
  AmbiguousAppend,
  AppendRefused,
  CommandAborted,
  StoreUnavailable,
  StreamDeleted,
  StreamQuarantined,
  UnknownOutcome,
  WrongRevision,
} from '../errors';
import { commandError } from './command-error';
import { UnresolvedAppends } from './unresolved-appends';

const lost = new AmbiguousAppend('lost');
const away = new StoreUnavailable('away');
const wrong = new WrongRevision('a', 3, 4);
const refused = new AppendRefused('too large');
const deleted = new StreamDeleted('a');
const broken = new Error('broken');

/** Sends that end one after the other as listed: with a revision, or with an error. */
const sends = (...ends: (number | Error)[]) => {
  const send = jest.fn(async () => {
    const end = ends.shift();
    if (typeof end !== 'number') throw end;
    return end;
  });
  return send;
};

describe('an append is settled', () => {
  test.each<[string, (number | Error)[], unknown, sent: number, isOpen: boolean]>([
    ['stored', [4], 4, 1, false],
    ['lost, then stored', [lost, 4], 4, 2, false],
    ['lost twice', [lost, lost], 'unknown', 2, true],
    ['at a wrong revision', [wrong], 'wrong revision', 1, false],
    ['lost, then at a wrong revision', [lost, wrong], 'wrong revision', 2, true],
    ['not sent', [away], away, 1, false],
    ['refused', [refused], refused, 1, false],
    ['of a deleted stream', [deleted], deleted, 1, false],
    ['lost, then not sent', [lost, away], 'unknown', 2, true],
    ['lost, then refused', [lost, refused], 'unknown', 2, true],
    ['ended by another error', [broken], broken, 1, true],
    ['lost, then ended by another error', [lost, broken], 'unknown', 2, true],
  ])('%s', async (_, ends, expected, sent, isOpen) => {
    const doubt = new UnresolvedAppends<string>();
    const send = sends(...ends);
    const settled = await doubt.send(send, ['x', 'y'], 3).catch((error: unknown) => error);
    expect(settled).toBe(expected);
    expect(send).toHaveBeenCalledTimes(sent);
    expect(['x', 'y', 'z'].map((item) => doubt.has(item))).toEqual([isOpen, isOpen, false]);
  });
});

describe('what is in doubt', () => {
  const doubtful = async (revision: number, ...items: string[]) => {
    const doubt = new UnresolvedAppends<string>();
    await doubt.send(sends(lost, lost), items, revision);
    return doubt;
  };

  test.each([
    [['x'], 3, true],
    [['x'], 2, true],
    [['x'], 4, false],
    [['y'], 3, false],
    [['y', 'x'], 3, true],
    [[], 3, false],
  ])('of %j at revision %i: %s', async (items, revision, isOpen) => {
    expect((await doubtful(3, 'x')).isOpen(items, revision)).toBe(isOpen);
  });

  test('is settled by another append at the same revision, and by no other', async () => {
    const doubt = await doubtful(3, 'x');
    await doubt.send(sends(5), ['y'], 4);
    expect(doubt.has('x')).toBe(true);
    await doubt.send(sends(4), ['y'], 3);
    expect(doubt.has('x')).toBe(false);
  });

  test('keeps the first revision at which an append was lost', async () => {
    const doubt = await doubtful(3, 'x');
    await doubt.send(sends(lost, lost), ['x'], 7);
    expect([3, 4].map((revision) => doubt.isOpen(['x'], revision))).toEqual([true, false]);
  });

  test('is forgotten with the group', async () => {
    const doubt = await doubtful(3, 'x');
    doubt.clear();
    expect([doubt.has('x'), doubt.isOpen(['x'], 3)]).toEqual([false, false]);
  });
});

describe('an error as callers know it', () => {
  test.each([away, refused, new CommandAborted('stopping'), new StreamQuarantined('a', broken)])(
    '%p is itself',
    (error) => {
      expect(commandError('a', error, false)).toBe(error);
    },
  );

  test.each([
    [broken, 'broken'],
    [lost, 'lost'],
    ['a text', 'a text'],
  ])('%p is the store’s, with its cause', (thrown, reason) => {
    const error = commandError('a', thrown, false);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect([error.message, error.cause]).toEqual([`a was not decided: ${reason}`, thrown]);
    const unknown = commandError('a', thrown, true);
    expect(unknown).toBeInstanceOf(UnknownOutcome);
    expect([unknown.message, unknown.cause]).toEqual([
      `Whether an append to a was stored is unknown: ${reason}`,
      thrown,
    ]);
  });

  test('a stopped stream reports the reason, also where no Error was thrown', () => {
    expect(new StreamQuarantined('a', broken).message).toBe('a is stopped: broken');
    expect(new StreamQuarantined('a', 'a text')).toMatchObject({
      message: 'a is stopped: a text',
      stream: 'a',
      cause: 'a text',
      reason: { kind: 'fault', reason: 'a text' },
    });
  });
});
