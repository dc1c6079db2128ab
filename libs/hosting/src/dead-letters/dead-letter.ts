import {
  DEAD_LETTER_HEADERS as HEADERS,
  JOBS_LIFECYCLE,
  type DeadLetterClass,
  type DeadLetterResponse,
} from '@tallystick/contracts/ledger';
import type { Message, ReceivedMessage } from '@tallystick/eventing';

/** Accepted by every bus. Bytes that are not text take three times their size in a key or a header. */
const MAX_BYTES = 1_090_000;
const MAX_KEY_LENGTH = 1_000;
const MAX_REASON_LENGTH = 1_000;
/** The size of our own headers, and of each header's frame. */
const OWN_BYTES = 12_000;
const HEADER_BYTES = 16;

/** A message as a dead letter: with its origin and the reason in headers. */
export function deadLetter(message: ReceivedMessage, why: DeadLetterClass, reason: string): Message {
  const { value, headers, topic, partition, offset, timestamp } = message;
  const key = message.key.slice(0, MAX_KEY_LENGTH);
  return {
    key,
    value,
    headers: {
      ...fitting(headers, MAX_BYTES - OWN_BYTES - value.byteLength),
      [HEADERS.topic]: topic,
      [HEADERS.partition]: String(partition),
      [HEADERS.offset]: offset,
      [HEADERS.timestamp]: String(timestamp),
      [HEADERS.class]: why,
      [HEADERS.reason]: reason.slice(0, MAX_REASON_LENGTH),
    },
  };
}

/** The headers that fit, the shortest first: a letter that the bus refuses would block the messages behind it. */
function fitting(headers: Message['headers'], room: number): Message['headers'] {
  const sized = Object.entries(headers).map(([name, text]) => ({
    name,
    text,
    bytes: Buffer.byteLength(name) + Buffer.byteLength(text) + HEADER_BYTES,
  }));
  if (sized.reduce((sum, { bytes }) => sum + bytes, 0) <= room) return headers;
  const [kept, leftOut]: [[string, string][], string[]] = [[], []];
  let left = room;
  for (const { name, text, bytes } of sized.sort((a, b) => a.bytes - b.bytes)) {
    left -= bytes;
    if (left >= 0) kept.push([name, text]);
    else leftOut.push(name);
  }
  return { ...Object.fromEntries(kept), [HEADERS.leftOut]: leftOut.join(', ').slice(0, MAX_REASON_LENGTH) };
}

export const idOf = ({ partition, offset }: ReceivedMessage): string => `${partition}-${offset}`;

/** The original message of a dead letter, with its topic, partition and offset. */
export function originalOf({ headers, ...letter }: ReceivedMessage): ReceivedMessage {
  const own = new Set<string>(Object.values(HEADERS));
  return {
    ...letter,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name))),
    topic: headers[HEADERS.topic] ?? JOBS_LIFECYCLE,
    partition: Number(headers[HEADERS.partition]),
    offset: headers[HEADERS.offset] ?? '0',
    timestamp: Number(headers[HEADERS.timestamp]) || letter.timestamp,
  };
}

/** A dead letter as an operator sees it. */
export function letterOf(letter: ReceivedMessage): DeadLetterResponse {
  const { topic, partition, offset, timestamp, headers, key, value } = originalOf(letter);
  return {
    id: idOf(letter),
    topic: letter.topic,
    key,
    class: letter.headers[HEADERS.class] as DeadLetterClass | undefined,
    reason: letter.headers[HEADERS.reason],
    origin: { topic, partition, offset, at: new Date(timestamp).toISOString() },
    headers,
    value: Buffer.from(value).toString('utf8'),
  };
}

export const isOfClass =
  (wanted: DeadLetterClass) =>
  ({ headers }: ReceivedMessage): boolean =>
    headers[HEADERS.class] === wanted;
