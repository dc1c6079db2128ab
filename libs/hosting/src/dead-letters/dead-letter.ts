import {
  DEAD_LETTER_HEADERS as HEADERS,
  JOBS_LIFECYCLE,
  type DeadLetterClass,
  type DeadLetterResponse,
} from '@tallystick/contracts/ledger';
import type { Message, ReceivedMessage } from '@tallystick/eventing';

/** What the bus sends on in any case. Bytes that are no text take three times their room in a key or a header. */
const MOST_BYTES = 1_090_000;
const LONGEST_KEY = 1_000;
const LONGEST_REASON = 1_000;
/** Of our own headers, and of what lies around each. */
const OWN_BYTES = 12_000;
const HEADER_BYTES = 16;

/** The message as it came, with where it lay and why it was set aside. */
export function deadLetter(message: ReceivedMessage, why: DeadLetterClass, reason: string): Message {
  const { value, headers, topic, partition, offset, timestamp } = message;
  const key = message.key.slice(0, LONGEST_KEY);
  return {
    key,
    value,
    headers: {
      ...fitting(headers, MOST_BYTES - OWN_BYTES - value.byteLength),
      [HEADERS.topic]: topic,
      [HEADERS.partition]: String(partition),
      [HEADERS.offset]: offset,
      [HEADERS.timestamp]: String(timestamp),
      [HEADERS.class]: why,
      [HEADERS.reason]: reason.slice(0, LONGEST_REASON),
    },
  };
}

/** As many as there is room for, the shortest first: a letter that the bus does not take would hold up all that come behind it. */
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
  return { ...Object.fromEntries(kept), [HEADERS.leftOut]: leftOut.join(', ').slice(0, LONGEST_REASON) };
}

export const idOf = ({ partition, offset }: ReceivedMessage): string => `${partition}-${offset}`;

/** The message as it was before it was set aside, at the place where it lay. */
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
