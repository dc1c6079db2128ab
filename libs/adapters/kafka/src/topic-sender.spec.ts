import { BusUnavailable } from '@tallystick/eventing';
import type { Kafka, Message, RecordMetadata } from 'kafkajs';
import { partitionOf } from './murmur2';
import { TopicSender } from './topic-sender';

const PARTITIONS = 4;
type BrokerAnswer = (messages: readonly Message[], partitions: readonly number[]) => Promise<readonly number[]>;

/** Fake of kafkajs. `answer` returns the confirmed partitions. */
function kafkaThat(answer: BrokerAnswer) {
  const requests: string[][] = [];
  let producers = 0;
  let open = 0;
  const producer = ({ createPartitioner }: { createPartitioner: () => (args: object) => number }) => {
    const number = ++producers;
    return {
      connect: async () => void open++,
      disconnect: async () => void open--,
      send: async ({ messages }: { messages: Message[] }) => {
        requests.push(messages.map(({ value }) => `${number}:${String(value)}`));
        const partitionMetadata = Array(PARTITIONS).fill({});
        const partitions = messages.map((message) => createPartitioner()({ message, partitionMetadata }));
        const confirmed = await answer(messages, [...new Set(partitions)]);
        return confirmed.map((partition) => ({ partition }) as RecordMetadata);
      },
    };
  };
  return { kafka: { producer } as unknown as Kafka, requests, open: () => open };
}
const message = (key: string, value: string) => ({ key, value: Buffer.from(value), headers: {} });
const SETTINGS = { requestBytes: 10_000, publishMilliseconds: 50 };
const all: BrokerAnswer = async (_, partitions) => partitions;

test('messages published at the same time share a request; the next request waits for it', async () => {
  const { kafka, requests, open } = kafkaThat(all);
  const sender = new TopicSender(kafka, 't', SETTINGS);
  const [first, second] = [sender.publish([message('a', '1')]), sender.publish([message('b', '2')])];
  await first.then(() => sender.publish([message('a', '3')]));
  await second;
  expect(requests).toEqual([['1:1', '1:2'], ['1:3']]);
  await sender.close();
  expect(open()).toBe(0);
});

test('a request is limited in bytes, and a publication is done with its last part', async () => {
  const { kafka, requests } = kafkaThat(all);
  const sender = new TopicSender(kafka, 't', SETTINGS);
  const values = Array.from({ length: 10 }, (_, i) => String(i).padEnd(3_000));
  await sender.publish(values.map((value) => message('a', value)));
  expect(requests.map((request) => request.length)).toEqual([3, 3, 3, 1]);
  await sender.publish([message('a', 'x'.repeat(50_000))]);
  expect(requests).toHaveLength(5);
});

test('messages of an unconfirmed partition are rejected', async () => {
  const silent = partitionOf('a', PARTITIONS);
  const { kafka } = kafkaThat(async (_, partitions) => partitions.filter((partition) => partition !== silent));
  const sender = new TopicSender(kafka, 't', SETTINGS);
  const others = ['b', 'c', 'd', 'e'].filter((key) => partitionOf(key, PARTITIONS) !== silent);
  await expect(sender.publish([message('a', '1'), message(others[0]!, '2')])).rejects.toThrow(BusUnavailable);
  await sender.publish([message(others[0]!, '3')]);
});

test.each<[string, BrokerAnswer]>([
  ['fails', async () => Promise.reject(new Error('broken'))],
  ['times out', () => new Promise(() => undefined)],
])('a producer whose request %s is not used again, because it would reuse sequence numbers', async (_, no) => {
  let answer = no;
  const { kafka, requests } = kafkaThat((...request) => answer(...request));
  const sender = new TopicSender(kafka, 't', SETTINGS);
  const failing = [sender.publish([message('a', '1')]), sender.publish([message('a', '2')])];
  for (const publication of failing) await expect(publication).rejects.toBeInstanceOf(BusUnavailable);
  answer = all;
  await sender.publish([message('a', '3')]);
  expect(requests).toEqual([['1:1', '1:2'], ['2:3']]);
});
