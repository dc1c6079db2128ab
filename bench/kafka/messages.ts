import { join } from 'node:path';
import { checkTopics, KafkaBus } from '@tallystick/adapters/kafka';
import { whyNoKafka } from '../../test/support/kafka/jars';
import { startKafka, type RealKafka } from '../../test/support/kafka/kafka';
import { ratio, type Benchmark, type BenchmarkContext, type Figure } from '../harness/benchmark';
import { inChild } from '../harness/child';
import { TOPIC, type ReadCosts, type ReaderOptions } from './counting';
import { JAVA } from './java';
import { completions } from './jobs';

/** Like the topics of the product. */
const PARTITIONS = 12;
const ORGANIZATIONS = 1_000;
const OWN = 'our batches, compiled check';
const STOCK = 'stock Nest, a message each, ValidationPipe';
/** Modules in this folder. */
const READERS = {
  [OWN]: './read-own',
  [STOCK]: './read-stock',
  'kafkajs alone, eachBatch': './read-bare',
};
const AIM = '≥ 5 × for our batches';

/** Each reader reads one topic from its start in its own process. */
export const messages: Benchmark = {
  name: 'messages',
  about: 'CloudEvents of completed jobs from a real Kafka, checked and counted; the ratio is this ÷ ours',
  run: async (context) => {
    const lack = whyNoKafka();
    if (lack !== undefined) return [{ case: 'Kafka', what: 'a message', skipped: lack }];
    const kafka = await startKafka({ java: JAVA });
    try {
      return await measureAll(context, kafka);
    } finally {
      await kafka.stop();
    }
  },
};

async function measureAll({ runs, quick, say }: BenchmarkContext, kafka: RealKafka): Promise<Figure[]> {
  const count = quick ? 60_000 : 240_000;
  const brokers = [...kafka.addresses];
  await fill(brokers, count);
  const taken = new Map<string, ReadCosts[]>(Object.keys(READERS).map((name) => [name, []]));
  for (let run = 1; run <= runs; run++)
    for (const [name, module] of Object.entries(READERS)) {
      say(`run ${run} of ${runs}: ${name}`);
      const group = `reader-${module.slice(2)}-${run}`;
      const reading: ReaderOptions = { brokers, group, messages: count, warmUp: count / 5 };
      taken.get(name)!.push(await inChild<ReadCosts>(join('kafka', module), [JSON.stringify(reading)]));
    }
  return [...taken].flatMap(([name, reads]) => figuresOf(name, reads, taken.get(OWN)!));
}

async function fill(brokers: readonly string[], count: number): Promise<void> {
  const topics = [{ name: TOPIC }];
  await checkTopics({ brokers }, { topics, partitions: PARTITIONS, retentionMilliseconds: 86_400_000 });
  const bus = new KafkaBus({ brokers });
  await bus.publish(TOPIC, completions({ organizations: ORGANIZATIONS, count, phase: 'read' }));
  await bus.close();
}

function figuresOf(name: string, reads: readonly ReadCosts[], own: readonly ReadCosts[]): Figure[] {
  const figure = (what: string, of: keyof ReadCosts): Figure => {
    const values = reads.map((read) => read[of]);
    const isStock = name === STOCK;
    return {
      case: name,
      what,
      unit: 'µs a message',
      values,
      ...(name !== OWN && {
        ratios: ratio(
          values,
          own.map((read) => read[of]),
        ),
      }),
      ...(isStock && { aim: AIM }),
    };
  };
  return [figure('processor', 'processor'), figure('wall', 'wall')];
}
