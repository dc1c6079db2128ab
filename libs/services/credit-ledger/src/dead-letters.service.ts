import { Injectable } from '@nestjs/common';
import { deadLettersOf, JOBS_LIFECYCLE, notFound } from '@tallystick/contracts';
import { Bus, RecordStore, type ReceivedMessage } from '@tallystick/eventing';
import { letterOf } from './dead-letters';

const TOPIC = deadLettersOf(JOBS_LIFECYCLE);
/** What an operator did about a dead letter: the topic itself is never rewritten. */
const HANDLED = 'handled-dead-letters';
const MOST_PARTITIONS = 1_024;
const PAGE = 500;

export type Handling = 'redriven' | 'discarded';
type Place = { readonly partition: number; readonly offset: string };

@Injectable()
export class DeadLettersService {
  constructor(
    private readonly bus: Bus,
    private readonly records: RecordStore,
  ) {}

  /** Those that nobody has dealt with, from `after` on; one more than a page where there are more. */
  async list(after: Place | undefined, limit: number): Promise<ReturnType<typeof letterOf>[]> {
    const found: ReturnType<typeof letterOf>[] = [];
    for (
      let partition = after?.partition ?? 0;
      partition < MOST_PARTITIONS && found.length < limit;
      partition++
    ) {
      const isFirst = partition === after?.partition;
      let offset = isFirst ? String(BigInt(after.offset) + 1n) : '0';
      for (;;) {
        const page = await this.browse({ partition, offset }, PAGE);
        found.push(...(await this.open(page)).map(letterOf));
        if (page.length === 0 || found.length >= limit) break;
        offset = String(BigInt(page[page.length - 1]!.offset) + 1n);
      }
      // Partitions are used from the first on: one that never held anything has none after it.
      if (!isFirst && offset === '0') break;
    }
    return found.slice(0, limit);
  }

  async get(id: string) {
    return letterOf(await this.find(id));
  }

  /** Back to the topic it came from; safe to repeat, as a job counts once by its id. */
  async redrive(id: string): Promise<object> {
    const message = await this.find(id);
    const { origin, headers, key } = letterOf(message);
    await this.bus.publish(origin.topic ?? JOBS_LIFECYCLE, [{ key, value: message.value, headers }]);
    return this.note(id, 'redriven');
  }

  async discard(id: string): Promise<object> {
    await this.find(id);
    return this.note(id, 'discarded');
  }

  private async note(id: string, handling: Handling): Promise<object> {
    await this.records.put(HANDLED, [{ key: id, value: { handling, at: new Date().toISOString() } }]);
    return { id, handling };
  }

  private async open(page: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[]> {
    const ids = page.map(({ partition, offset }) => `${partition}-${offset}`);
    const handled = await this.records.get(HANDLED, ids, Date.now());
    return page.filter((_, index) => handled[index] === undefined);
  }

  private async find(id: string): Promise<ReceivedMessage> {
    const [, partition, offset] = /^(\d{1,9})-(\d{1,18})$/.exec(id) ?? [];
    if (partition === undefined || offset === undefined) throw notFound('dead letter');
    const [message] = await this.browse({ partition: Number(partition), offset }, 1);
    if (message?.offset !== offset) throw notFound('dead letter');
    return message;
  }

  /** A partition that is not there holds nothing. */
  private browse(place: Place, limit: number): Promise<readonly ReceivedMessage[]> {
    return this.bus.browse(TOPIC, place, limit);
  }
}
