import type { Message, ReceivedMessage } from '@tallystick/eventing';
import type { IHeaders, KafkaMessage, Message as SentMessage } from 'kafkajs';

/** Bytes that Kafka adds to a message: lengths, offset and time; and two lengths per header. */
const OVERHEAD = 32;
const HEADER_OVERHEAD = 8;

export const toSent = ({ key, value, headers }: Message): SentMessage => ({
  key,
  value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  headers: { ...headers },
});

/** Size of the message in the topic, or a little more. */
export function bytesOf({ key, value, headers }: Message): number {
  let bytes = OVERHEAD + value.byteLength + Buffer.byteLength(key);
  for (const name in headers) bytes += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(headers[name]!);
  return bytes;
}

/** Accepts messages of any producer: a missing key or value becomes an empty one, and headers are read as text. */
export const toReceived = (topic: string, partition: number, message: KafkaMessage): ReceivedMessage => ({
  topic,
  partition,
  offset: message.offset,
  timestamp: Number(message.timestamp),
  key: message.key?.toString('utf8') ?? '',
  value: message.value ?? EMPTY,
  headers: message.headers ? textOf(message.headers) : {},
});

const EMPTY = new Uint8Array(0);

function textOf(headers: IHeaders): Record<string, string> {
  const names = Object.keys(headers);
  if (names.length === 0) return {};
  return Object.fromEntries(names.map((name) => [name, last(headers[name])]));
}

/** Last value of a repeated header. */
function last(value: IHeaders[string]): string {
  const one = Array.isArray(value) ? value[value.length - 1] : value;
  return one == null ? '' : typeof one === 'string' ? one : one.toString('utf8');
}
