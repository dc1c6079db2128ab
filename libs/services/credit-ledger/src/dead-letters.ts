import { DEAD_LETTER_HEADERS as HEADERS, JOBS_LIFECYCLE, type DeadLetterClass } from '@tallystick/contracts';
import type { Message, ReceivedMessage } from '@tallystick/eventing';

/** The message as it came, with where it lay and why it was set aside. */
export function deadLetter(message: ReceivedMessage, why: DeadLetterClass, reason: string): Message {
  const { key, value, headers, topic, partition, offset, timestamp } = message;
  return {
    key,
    value,
    headers: {
      ...headers,
      [HEADERS.topic]: topic,
      [HEADERS.partition]: String(partition),
      [HEADERS.offset]: offset,
      [HEADERS.timestamp]: String(timestamp),
      [HEADERS.class]: why,
      [HEADERS.reason]: reason.slice(0, 1_000),
    },
  };
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
export function letterOf(letter: ReceivedMessage) {
  const { topic, partition, offset, timestamp, headers, key, value } = originalOf(letter);
  return {
    id: idOf(letter),
    topic: letter.topic,
    key,
    class: letter.headers[HEADERS.class],
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
