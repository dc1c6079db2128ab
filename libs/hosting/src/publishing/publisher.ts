import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CREDITS_EVENTS, type CreditsMessage } from '@tallystick/contracts/ledger';
import {
  LEDGER_RECORDS,
  STREAM_PREFIX,
  streamOf,
  type LedgerEvent,
  type LedgerStreamEvent,
} from '@tallystick/domain/ledger';
import {
  Admission,
  Bus,
  checkpointAt,
  EventStore,
  HoldRegistry,
  RecordStore,
  type Message,
  type RecordedEvent,
} from '@tallystick/eventing';
import { LogService, timeOf } from '../log/log.service';
import { toStreamEvent } from '@tallystick/services/credit-ledger';
import { Projections } from '../projections/projections';
import { marked, PublisherCheckpoint, type Mark } from './publisher-checkpoint';
import { publishedEvents } from '../telemetry';

const BATCH = 1_000;
const RETRY_MILLISECONDS = 1_000;
const LOOK_MILLISECONDS = 250;

/**
 * Publishes from the log, never beside it. The checkpoint follows the bus's word, so a message may come twice but none is left out.
 * Of several processes the one that writes the views publishes, so that there is one order.
 */
@Injectable()
export class Publisher {
  private readonly log = new Logger(Publisher.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly admission: Admission<LedgerEvent>;
  private marks: readonly Mark[] = [];
  private lastFailure: string | undefined;
  /** How far the log was published; undefined while this process does not publish. */
  position: number | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly bus: Bus,
    private readonly published: PublisherCheckpoint,
    private readonly identity: LogService,
    private readonly projections: Projections,
    records: RecordStore,
  ) {
    const registry = new HoldRegistry(records, 'publisher', () => identity.name);
    this.admission = new Admission({ store, ...LEDGER_RECORDS, registry });
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted)
      try {
        if (!this.projections.projector.leadership.isLeader) {
          this.position = undefined;
          await pause(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
          continue;
        }
        const position = (this.position ??= await this.resume());
        const page = await this.store.readLog(position, BATCH, STREAM_PREFIX);
        if (page.events.length > 0) await this.publish(position, page.events);
        this.admission.committed(page.position);
        if (page.position === position) await this.store.waitForEvents(position, signal);
        this.position = page.position;
        this.lastFailure = undefined;
      } catch (error) {
        this.failed(error as Error);
        this.position = undefined;
        await pause(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
  }

  /** An outage is many attempts for one reason. */
  private failed(error: Error): void {
    if (error.message !== this.lastFailure) this.log.warn(error, 'Events could not be published; they are sent again.');
    this.lastFailure = error.message;
  }

  private async resume(): Promise<number> {
    const { checkpoint, marks } = await this.published.load();
    this.marks = marks;
    return checkpoint.position;
  }

  private async publish(after: number, events: readonly RecordedEvent[]): Promise<void> {
    const { name, names } = this.identity;
    const admitted = await this.admission.admit(after, events);
    const messages = admitted.map((one) => messageOf(toStreamEvent(one), name));
    if (messages.length > 0) await this.bus.publish(CREDITS_EVENTS, messages);
    const last = events[events.length - 1]!;
    this.marks = marked(this.marks, { position: last.position, id: last.id, at: timeOf(last) ?? 0 });
    await this.published.save(checkpointAt(name, last), names, this.marks);
    publishedEvents.inc(messages.length);
  }
}

/**
 * Consumers skip a revision that they have seen, and alarm when one is missing. `log` names the epoch of the log: a consumer that
 * meets a new one forgets what it has seen and reads anew. The hash stays with the stream.
 */
function messageOf({ entityId: organizationId, revision, event }: LedgerStreamEvent, log: string): Message {
  const { type, data, metadata } = event;
  const stream = streamOf(organizationId);
  const message = { organizationId, stream, revision, type, data, metadata } as unknown as CreditsMessage;
  const schema = String(metadata.schemaVersion);
  return {
    key: organizationId,
    value: Buffer.from(JSON.stringify(message)),
    headers: { log, stream, revision: String(revision), type, schema },
  };
}
