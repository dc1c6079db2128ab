import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { KafkaBusServer } from '@tallystick/adapters/kafka';
import type { ReceivedMessage } from '@tallystick/eventing';
import { SOON, text } from './bus-fixture';

/** A process that appends its messages to a file and exits before it commits their offsets. */
const [address, group, topic, file] = process.argv.slice(2) as [string, string, string, string];
const server = new KafkaBusServer({ brokers: [address] }, { ...SOON, group });
const take = async (batch: readonly ReceivedMessage[]) => {
  appendFileSync(file, batch.map((message) => `${message.offset} ${text(message)}\n`).join(''));
  process.kill(process.pid, 'SIGKILL');
};
server.addHandler(topic, take as never, true, { batch: true });
server.listen(() => undefined);
