import { Logger } from '@nestjs/common';
import type { ReceivedMessage } from '@tallystick/eventing';

/**
 * The values of messages of JSON that `isMessage` accepts, in their order. Other programs may write to a topic: a message that
 * cannot be read is logged and left out, so that it does not stop the consumer.
 */
export function jsonMessages<Value>(
  messages: readonly ReceivedMessage[],
  isMessage: (value: unknown) => value is Value,
  log: Logger,
): readonly Value[] {
  return messages.flatMap(({ value: bytes, topic, partition, offset }) => {
    const value = jsonIn(bytes);
    if (isMessage(value)) return [value];
    log.error('A message cannot be read; it is left out.', { topic, partition, offset });
    return [];
  });
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
