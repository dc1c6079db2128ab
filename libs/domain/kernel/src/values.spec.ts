import {
  assertThat,
  BrokenInvariant,
  earliest,
  isCredits,
  isId,
  isInstant,
  MAX_CREDITS,
  plusMilliseconds,
  timeOfId,
} from './index';

describe('the time in an id', () => {
  test.each([
    ['a UUIDv7 (RFC 9562’s example)', '017F22E2-79B0-7CC3-98C4-DC0C0C07398F', '2022-02-22T19:22:22.000Z'],
    ['a UUIDv7 in small letters', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', '2022-02-22T19:22:22.000Z'],
    ['a ULID (its specification’s example)', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '2016-07-30T23:54:10.259Z'],
    ['a UUIDv4', '919108f7-52d1-4320-9bac-f847db4148a8', undefined],
    ['a UUIDv7 of another variant', '017f22e2-79b0-7cc3-18c4-dc0c0c07398f', undefined],
    ['a ULID beyond its range', '81ARZ3NDEKTSV4RRFFQ69G5FAV', undefined],
    ['26 letters that are no ULID', 'invoice-2026-11-21-page-42', undefined],
    ['a time after the year 9999, which would not compare', 'ffffffff-ffff-7cc3-98c4-dc0c0c07398f', undefined],
    ['a plain id', 'job-1', undefined],
    ['nothing', '', undefined],
  ])('%s', (_, id, time) => {
    expect(timeOfId(id)).toBe(time);
  });
});

test.each([
  ['2026-11-21T09:30:00.000Z', true],
  ['2028-02-29T00:00:00.000Z', true],
  ['2026-02-29T00:00:00.000Z', false],
  ['2026-02-30T00:00:00.000Z', false],
  ['2026-02-03T24:00:00.000Z', false],
  ['2026-13-01T00:00:00.000Z', false],
  ['2026-11-21T09:30:00Z', false],
  ['2026-11-21T09:30:00.000+01:00', false],
  ['2026-11-21', false],
  [1_700_000_000_000, false],
  [undefined, false],
])('%p is an instant: %p', (value, expected) => {
  expect(isInstant(value)).toBe(expected);
});

test('a sum of instants does not depend on what was asked before', () => {
  const start = '2026-11-21T09:30:00.000Z';
  expect(plusMilliseconds(start, 1_000)).toBe('2026-11-21T09:30:01.000Z');
  expect(plusMilliseconds('2026-11-21T09:30:05.000Z', 1_000)).toBe('2026-11-21T09:30:06.000Z');
  for (let span = 0; span < 300; span++) plusMilliseconds(start, span);
  expect(plusMilliseconds(start, 1_000)).toBe('2026-11-21T09:30:01.000Z');
  expect(plusMilliseconds(start, -86_400_000)).toBe('2026-11-20T09:30:00.000Z');
});

test('the earlier of two instants, of which either may be missing', () => {
  expect([earliest('a', 'b'), earliest('b', 'a'), earliest(undefined, 'a'), earliest('a', undefined)]).toEqual(
    Array(4).fill('a'),
  );
  expect(earliest(undefined, undefined)).toBeUndefined();
});

test.each([
  [0, true],
  [MAX_CREDITS, true],
  [MAX_CREDITS + 1, false],
  [-1, false],
  [0.5, false],
  [NaN, false],
  ['1', false],
])('%p is an amount of credits: %p', (value, expected) => {
  expect(isCredits(value)).toBe(expected);
});

test.each([
  ['job-1', true],
  ['a.b_c:d-e', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['-job', false],
  ['a/b', false],
  ['a b', false],
  ['', false],
  [7, false],
])('%p is an id: %p', (value, expected) => {
  expect(isId(value)).toBe(expected);
});

test('what must hold and does not is a bug with a name, and is described only then', () => {
  const describe = jest.fn(() => 'the books do not add up');
  assertThat(true, describe);
  expect(describe).not.toHaveBeenCalled();
  expect(() => assertThat(false, describe)).toThrow(BrokenInvariant);
});
