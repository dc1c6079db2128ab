import { Kafka, logLevel } from 'kafkajs';
import { answer } from '../harness/child';
import { counting, reading, TOPIC } from './counting';

const given = reading();
const { take, read } = counting(given);

/** What fetching alone costs, which nobody can do without who uses kafkajs. */
answer(async () => {
  const kafka = new Kafka({ brokers: given.brokers, logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: given.group, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  await consumer.run({ eachBatch: async ({ batch }) => take(batch.messages.length) });
  return read;
});
