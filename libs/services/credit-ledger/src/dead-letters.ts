import { DEAD_LETTER_HEADERS as HEADERS } from '@tallystick/contracts';
import type { Message, ReceivedMessage } from '@tallystick/eventing';

export type DeadLetterClass = 'bad-message' | 'refused' | 'parked';

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

/** A dead letter as an operator sees it; the original without our headers is what goes back to its topic. */
export function letterOf({ key, value, headers, topic, partition, offset }: ReceivedMessage) {
  const own = new Set<string>(Object.values(HEADERS));
  return {
    id: `${partition}-${offset}`,
    topic,
    key,
    class: headers[HEADERS.class],
    reason: headers[HEADERS.reason],
    origin: {
      topic: headers[HEADERS.topic],
      partition: Number(headers[HEADERS.partition]),
      offset: headers[HEADERS.offset],
      at: new Date(Number(headers[HEADERS.timestamp])).toISOString(),
    },
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name))),
    value: Buffer.from(value).toString('utf8'),
  };
}
