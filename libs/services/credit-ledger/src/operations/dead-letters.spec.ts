import { DEAD_LETTER_HEADERS as HEADERS } from '@tallystick/contracts/ledger';
import type { ReceivedMessage } from '@tallystick/eventing';
import { deadLetter, originalOf } from '@tallystick/hosting';
import { ledgerProcess } from '../../support/ledger-process';
import { received } from '../../support/messages';

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
  [
    'many headers',
    {
      headers: {
        short: 'kept',
        ...Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`header-${at}`, NO_TEXT.repeat(5)])),
      },
    },
  ],
])('is never larger than what the bus sends: %s', (_, more) => {
  const letter = letterOf(more, NO_TEXT.repeat(5_000));
  expect(bytesOf(letter)).toBeLessThan(MOST_BYTES);
  expect(letter.value).toBe(more.value ?? letter.value);
  expect(letter.headers).toMatchObject({ short: 'kept', [HEADERS.offset]: '7' });
});

test('names the headers that did not fit', () => {
  const { headers } = letterOf({ headers: { short: 'kept', long: NO_TEXT.repeat(500_000) } });
  expect(headers).toMatchObject({ [HEADERS.leftOut]: 'long', [HEADERS.reason]: 'It is no JSON.' });
  expect(headers).not.toHaveProperty('long');
});

describe('an operator', () => {
  const withLetter = async () => {
    const { consumer, bus, letters, records } = await ledgerProcess();
    await consumer.take([received('no JSON')]);
    const [{ id }] = (await letters.list(() => true, undefined, 10)) as unknown as [{ id: string }];
    return { bus, letters, records, id };
  };

  test('who discards a letter that is back in its topic is answered what was done', async () => {
    const { letters, id } = await withLetter();
    expect(await letters.redrive(id)).toEqual({ id, handling: 'redriven' });
    expect(await letters.discard(id)).toEqual({ id, handling: 'redriven' });
  });

  test('may discard it again, and may still redrive it', async () => {
    const { bus, letters, records, id } = await withLetter();
    for (const _ of [1, 2]) expect(await letters.discard(id)).toEqual({ id, handling: 'discarded' });
    const before = bus.published.length;
    expect(await letters.redrive(id)).toEqual({ id, handling: 'redriven' });
    expect(bus.published).toHaveLength(before + 1);
    expect(await records.get('handled-dead-letters', [id], 0)).toMatchObject([{ handling: 'redriven' }]);
  });

  test('who discards it while another redrives it leaves what is true: it is back in its topic', async () => {
    for (const isFirst of [true, false]) {
      const { letters, records, id } = await withLetter();
      const calls = [() => letters.redrive(id), () => letters.discard(id)];
      await Promise.all((isFirst ? calls : calls.reverse()).map((call) => call()));
      expect(await records.get('handled-dead-letters', [id], 0)).toMatchObject([{ handling: 'redriven' }]);
    }
  });
});
