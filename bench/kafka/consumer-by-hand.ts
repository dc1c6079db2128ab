import { JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { Kafka, logLevel, type EachBatchPayload, type KafkaMessage, type Producer } from 'kafkajs';
import { Pool } from 'pg';
import { moveMany, type PostgresCall } from '../peers/postgres-batches';

interface Given {
  readonly brokers: string[];
  readonly prefix: string;
  readonly group: string;
  readonly session: number;
  readonly url: string;
}

/** The same as the ledger's. */
const MOST_MESSAGES = 500;
/** An organization is in one partition, so concurrent batches do not lock the same balance. */
const AT_ONCE = 8;

const { brokers, prefix, group, session, url } = JSON.parse(process.argv[2]!) as Given;
const pool = new Pool({ connectionString: url, max: AT_ONCE, idleTimeoutMillis: 0 });

/** No validation, because the producers are trusted. */
function callOf({ key, value }: KafkaMessage): PostgresCall {
  const { type, data } = JSON.parse(value!.toString()) as {
    type: string;
    data: { id: string; usage: { pages: number } };
  };
  const kind = type === 'tallystick.job.submitted' ? 'reserve' : 'settle';
  return { kind, org: key!.toString(), job: data.id, amount: data.usage.pages };
}

/** Messages until a job is repeated: one statement must not reserve and settle the same job. */
function statements(calls: readonly PostgresCall[]): PostgresCall[][] {
  const all: PostgresCall[][] = [[]];
  let jobs = new Set<string>();
  for (const call of calls) {
    if (jobs.has(call.org + call.job)) {
      all.push([]);
      jobs = new Set();
    }
    jobs.add(call.org + call.job);
    all[all.length - 1]!.push(call);
  }
  return all;
}

/** Executes one transaction and returns the result of each call. */
async function commit(calls: readonly PostgresCall[]): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const answers: string[] = [];
    for (const some of statements(calls)) answers.push(...(await moveMany(client, some)));
    await client.query('COMMIT');
    client.release();
    return answers;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function take(batch: EachBatchPayload, producer: Producer): Promise<void> {
  const { messages, topic, partition } = batch.batch;
  for (let at = 0; at < messages.length; at += MOST_MESSAGES) {
    const some = messages.slice(at, at + MOST_MESSAGES);
    const calls = some.map(callOf);
    const answers = await commit(calls);
    const decisions = calls.flatMap(({ kind, org, job, amount }, i) =>
      kind === 'settle'
        ? []
        : [{ key: org, value: JSON.stringify({ jobId: job, credits: amount, answer: answers[i] }) }],
    );
    if (decisions.length > 0) await producer.send({ topic: prefix + JOBS_DECISIONS, messages: decisions, acks: -1 });
    const { offset } = some[some.length - 1]!;
    batch.resolveOffset(offset);
    const next = String(BigInt(offset) + 1n);
    await batch.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: next }] }] });
    await batch.heartbeat();
  }
}

async function main(): Promise<void> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.ERROR });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: group, sessionTimeout: session, maxWaitTimeInMs: 500 });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [prefix + JOBS_LIFECYCLE], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: AT_ONCE,
    eachBatch: (batch) => take(batch, producer),
  });
  console.log('ready');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
