import { notFound } from '@tallystick/contracts/http';
import { deadLettersOf } from '@tallystick/contracts/ledger';
import type { Bus, ReceivedMessage, RecordStore } from '@tallystick/eventing';
import type { SystemClock } from '@tallystick/runtime';
import { RecordCollection } from '../records/record-collections';
import { idOf, letterOf, originalOf } from './dead-letter';

const PAGE = 500;

/** How a dead letter was handled. `released`: decided when its stream was released. */
export type DeadLetterHandling = 'redriven' | 'discarded' | 'released';

interface HandledLetter {
  readonly handling: DeadLetterHandling;
  readonly at: string;
}

export interface DeadLettersOptions {
  /** The topic whose messages are set aside. */
  readonly topic: string;
  readonly bus: Bus;
  readonly records: RecordStore;
  readonly collection: string;
  readonly clock: SystemClock;
}

type Filter = (letter: ReceivedMessage) => boolean;
export type DeadLetter = ReturnType<typeof letterOf>;

/** The dead letters of one topic. Their own topic is never rewritten: records note how each of them was handled. */
export class DeadLetters {
  readonly topic: string;
  private readonly bus: Bus;
  private readonly clock: SystemClock;
  private readonly handled: RecordCollection<HandledLetter>;

  constructor({ topic, bus, records, collection, clock }: DeadLettersOptions) {
    this.topic = deadLettersOf(topic);
    this.bus = bus;
    this.clock = clock;
    this.handled = new RecordCollection(records, collection, clock);
  }

  /** Letters that are not handled, behind the one with the id `after`; at most `limit`. */
  async list(filter: Filter, after: string | undefined, limit: number): Promise<DeadLetter[]> {
    const found: DeadLetter[] = [];
    for await (const page of this.open(filter, after)) {
      found.push(...page.map(letterOf));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  /** The same as messages of the topic, page by page: partition by partition, the oldest first. */
  async *open(filter: Filter, after?: string): AsyncGenerator<readonly ReceivedMessage[]> {
    const first = after === undefined ? undefined : placeOf(after);
    const partitions = await this.bus.partitions(this.topic);
    for (let partition = first?.partition ?? 0; partition < partitions; partition++) {
      let offset = partition === first?.partition ? nextOffset(first.offset) : '0';
      for (;;) {
        const page = await this.bus.browse(this.topic, { partition, offset }, PAGE);
        if (page.length === 0) break;
        offset = nextOffset(page[page.length - 1]!.offset);
        const open = await this.unhandled(page.filter(filter));
        if (open.length > 0) yield open;
      }
    }
  }

  async get(id: string): Promise<DeadLetter> {
    return letterOf(await this.find(id));
  }

  /** Sends the message to its topic again. Safe to repeat if the consumer takes a message once by its id. */
  async redrive(id: string): Promise<{ id: string; handling: DeadLetterHandling }> {
    const { topic, key, value, headers } = originalOf(await this.find(id));
    await this.bus.publish(topic, [{ key, value, headers }]);
    await this.note([id], 'redriven');
    return { id, handling: 'redriven' };
  }

  /** Returns what was done: a letter that was redriven or released cannot be discarded any more. */
  async discard(id: string): Promise<{ id: string; handling: DeadLetterHandling }> {
    await this.find(id);
    const value: HandledLetter = { handling: 'discarded', at: this.clock.timestamp() };
    if (await this.handled.putNew(id, value)) return { id, handling: value.handling };
    const handled = await this.handled.find(id);
    return { id, handling: handled!.handling };
  }

  /** Replaces `discarded`: what was published or decided cannot be taken back. */
  async note(ids: readonly string[], handling: Exclude<DeadLetterHandling, 'discarded'>): Promise<void> {
    const value: HandledLetter = { handling, at: this.clock.timestamp() };
    await this.handled.put(ids.map((key) => ({ key, value })));
  }

  private async unhandled(page: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[]> {
    const handled = await this.handled.get(page.map(idOf));
    return page.filter((_, index) => handled[index] === undefined);
  }

  private async find(id: string): Promise<ReceivedMessage> {
    const place = placeOf(id);
    const [message] = await this.bus.browse(this.topic, place, 1);
    if (message?.offset !== place.offset) throw notFound('dead letter');
    return message;
  }
}

const nextOffset = (offset: string): string => String(BigInt(offset) + 1n);

function placeOf(id: string): { readonly partition: number; readonly offset: string } {
  const [, partition, offset] = /^(\d{1,9})-(\d{1,18})$/.exec(id) ?? [];
  if (partition === undefined || offset === undefined) throw notFound('dead letter');
  return { partition: Number(partition), offset };
}
