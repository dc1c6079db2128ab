import { DEAD_LETTER_HEADERS as HEADERS } from '@tallystick/contracts';
import type { ReceivedMessage } from '@tallystick/eventing';
import { deadLetter, originalOf } from './dead-letters';

/** A little less than what the bus refuses to send. */
const MOST_BYTES = 1_110_000;
/** As a byte that is no text is read: three bytes as text. */
const NO_TEXT = '\ufffd';

const message = (more: Partial<ReceivedMessage>): ReceivedMessage => ({
  topic: 'jobs.lifecycle',
  partition: 3,
  offset: '7',
  timestamp: 1,
  key: 'acme',
  value: Buffer.from('bad'),
  headers: { short: 'kept' },
  ...more,
});
const letterOf = (more: Partial<ReceivedMessage>, reason = 'It is no JSON.') =>
  deadLetter(message(more), 'bad-message', reason);
const bytesOf = ({ key, value, headers }: ReturnType<typeof deadLetter>) =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + 8 + Buffer.byteLength(name) + Buffer.byteLength(text),
    Buffer.byteLength(key) + value.byteLength,
  );

test('keeps all of an ordinary message, which can be had back', () => {
  const original = message({});
  const letter = deadLetter(original, 'bad-message', 'It is no JSON.');
  expect(letter.headers).toMatchObject({
    short: 'kept',
    [HEADERS.class]: 'bad-message',
    [HEADERS.offset]: '7',
  });
  expect(originalOf({ ...message({ partition: 0, offset: '1' }), ...letter })).toEqual(original);
});

test.each<[string, Partial<ReceivedMessage>]>([
  ['a long header of bytes', { headers: { short: 'kept', long: NO_TEXT.repeat(500_000) } }],
  ['a long key of bytes', { key: NO_TEXT.repeat(500_000) }],
  ['a long name of a header', { headers: { short: 'kept', [NO_TEXT.repeat(500_000)]: '' } }],
  ['the largest value', { value: Buffer.alloc(1_048_000) }],
  ['many headers', { headers: { short: 'kept', ...Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`header-${at}`, NO_TEXT.repeat(5)])) } }], // prettier-ignore
])('is never larger than what the bus sends: %s', (_, more) => {
  const letter = letterOf(more, NO_TEXT.repeat(5_000));
  expect(bytesOf(letter)).toBeLessThan(MOST_BYTES);
  expect(letter.value).toBe(more.value ?? letter.value);
  expect(letter.headers).toMatchObject({ short: 'kept', [HEADERS.offset]: '7' });
});

test('says which headers there was no room for', () => {
  const { headers } = letterOf({ headers: { short: 'kept', long: NO_TEXT.repeat(500_000) } });
  expect(headers).toMatchObject({ [HEADERS.leftOut]: 'long', [HEADERS.reason]: 'It is no JSON.' });
  expect(headers).not.toHaveProperty('long');
});
