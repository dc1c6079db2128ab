import { Kafka, logLevel } from 'kafkajs';
import { answer } from '../harness/child';
import { counting, reading, TOPIC } from './counting';

const given = reading();
const { take, read } = counting(given);

/** The minimum cost with kafkajs: fetching only. */
answer(async () => {
  const kafka = new Kafka({ brokers: given.brokers, logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: given.group, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  await consumer.run({ eachBatch: async ({ batch }) => take(batch.messages.length) });
  return read;
});
