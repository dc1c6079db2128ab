import { Injectable } from '@nestjs/common';
import { notFound } from '@tallystick/contracts/http';
import {
  deadLettersOf,
  JOBS_LIFECYCLE,
  type DeadLetterHandledResponse,
  type DeadLetterResponse,
} from '@tallystick/contracts/ledger';
import { Bus, RecordStore, type ReceivedMessage } from '@tallystick/eventing';
import { idOf, letterOf, originalOf } from './dead-letter';

const TOPIC = deadLettersOf(JOBS_LIFECYCLE);
/** What was done about a dead letter: the topic itself is never rewritten. */
const HANDLED = 'handled-dead-letters';
const PAGE = 500;

/** `released`: decided when its organization was let go on. */
export type Handling = 'redriven' | 'discarded' | 'released';
interface Handled {
  readonly handling: Handling;
  readonly at: string;
}
type Wanted = (letter: ReceivedMessage) => boolean;

@Injectable()
export class DeadLettersService {
  constructor(
    private readonly bus: Bus,
    private readonly records: RecordStore,
  ) {}

  /** Those that nobody has dealt with, behind the one with the id `after`; at most `limit`. */
  async list(isWanted: Wanted, after: string | undefined, limit: number): Promise<DeadLetterResponse[]> {
    const found: DeadLetterResponse[] = [];
    for await (const page of this.open(isWanted, after)) {
      found.push(...page.map(letterOf));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  /** The same as they lie in the topic, a page at a time: partition by partition, the oldest first. */
  async *open(isWanted: Wanted, after?: string): AsyncGenerator<readonly ReceivedMessage[]> {
    const first = after === undefined ? undefined : placeOf(after);
    const partitions = await this.bus.partitions(TOPIC);
    for (let partition = first?.partition ?? 0; partition < partitions; partition++) {
      let offset = partition === first?.partition ? behind(first.offset) : '0';
      for (;;) {
        const page = await this.bus.browse(TOPIC, { partition, offset }, PAGE);
        if (page.length === 0) break;
        offset = behind(page[page.length - 1]!.offset);
        const open = await this.unhandled(page.filter(isWanted));
        if (open.length > 0) yield open;
      }
    }
  }

  async get(id: string) {
    return letterOf(await this.find(id));
  }

  /** Back to the topic it came from; safe to repeat, as a job counts once by its id. */
  async redrive(id: string): Promise<DeadLetterHandledResponse> {
    const { topic, key, value, headers } = originalOf(await this.find(id));
    await this.bus.publish(topic, [{ key, value, headers }]);
    await this.note([id], 'redriven');
    return { id, handling: 'redriven' };
  }

  /** Answers what was done: a letter that is back in its topic, or was decided, cannot be discarded any more. */
  async discard(id: string): Promise<DeadLetterHandledResponse> {
    await this.find(id);
    const value: Handled = { handling: 'discarded', at: new Date().toISOString() };
    if (await this.records.putNew(HANDLED, { key: id, value })) return { id, handling: value.handling };
    const [handled] = (await this.records.get(HANDLED, [id], Date.now())) as [Handled];
    return { id, handling: handled.handling };
  }

  /** What was published or decided stands, also where the letter was discarded before. */
  async note(ids: readonly string[], handling: Exclude<Handling, 'discarded'>): Promise<void> {
    const value: Handled = { handling, at: new Date().toISOString() };
    if (ids.length > 0)
      await this.records.put(
        HANDLED,
        ids.map((key) => ({ key, value })),
      );
  }

  private async unhandled(page: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[]> {
    if (page.length === 0) return page;
    const handled = await this.records.get(HANDLED, page.map(idOf), Date.now());
    return page.filter((_, index) => handled[index] === undefined);
  }

  private async find(id: string): Promise<ReceivedMessage> {
    const place = placeOf(id);
    const [message] = await this.bus.browse(TOPIC, place, 1);
    if (message?.offset !== place.offset) throw notFound('dead letter');
    return message;
  }
}

const behind = (offset: string): string => String(BigInt(offset) + 1n);

function placeOf(id: string): { readonly partition: number; readonly offset: string } {
  const [, partition, offset] = /^(\d{1,9})-(\d{1,18})$/.exec(id) ?? [];
  if (partition === undefined || offset === undefined) throw notFound('dead letter');
  return { partition: Number(partition), offset };
}
