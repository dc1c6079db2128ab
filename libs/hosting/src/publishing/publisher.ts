import { Inject, Injectable, Logger } from '@nestjs/common';
import type { StreamEvent } from '@tallystick/domain/kernel';
import {
  Admission,
  BatchDelay,
  Bus,
  checkpointAt,
  EventStore,
  HoldRegistry,
  LOG_START,
  RecordStore,
  type Message,
  type RecordedEvent,
} from '@tallystick/eventing';
import { Signal } from '@tallystick/runtime';
import { StreamLog } from '../log/stream-log';
import { Projections } from '../projections/projections';
import { LeaderTask } from '../stream/leader-task';
import { STREAM, Stream } from '../stream/stream';
import type { RecordedFact } from '../stream/stream-definition';
import { publishedEvents } from '../telemetry';
import { marked, PublisherCheckpoint, type Mark } from './publisher-checkpoint';

const BATCH = 1_000;
const RETRY = { firstMilliseconds: 1_000, maxMilliseconds: 2_000 };
/** Events that follow each other closely are published together. */
const COLLECT_MILLISECONDS = 25;

/**
 * Publishes every event of a category from the log to its topic. The checkpoint is saved after the bus has confirmed a batch: a
 * message may be sent twice, but none is left out. The leader publishes, so that there is one order.
 */
@Injectable()
export class Publisher {
  private readonly log = new Logger(Publisher.name);
  private readonly admission: Admission<RecordedFact>;
  private readonly task: LeaderTask;
  private readonly delay = new BatchDelay(COLLECT_MILLISECONDS);
  private readonly published = new Signal();
  private marks: readonly Mark[] = [];
  /** How far the log was published; undefined while this process does not publish. */
  position: number | undefined;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly store: EventStore,
    private readonly bus: Bus,
    private readonly checkpoint: PublisherCheckpoint,
    private readonly streamLog: StreamLog,
    projections: Projections,
    records: RecordStore,
  ) {
    const registry = new HoldRegistry(records, 'publisher', () => streamLog.name, stream.collections['held-streams']);
    this.admission = new Admission({ store, ...stream.definition.codec, registry });
    this.task = new LeaderTask(projections.projector.leadership, (signal) => this.publishOn(signal), {
      ...RETRY,
      failed: (error, isRepeated) => {
        this.position = undefined;
        if (!isRepeated) this.log.warn(error, 'Events could not be published; they are sent again.');
      },
      ended: () => (this.position = undefined),
    });
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** Resolves when the log was published up to `position`, or the signal aborts. */
  async untilPublished(position: number, signal: AbortSignal): Promise<void> {
    const reached = async () => {
      while ((this.position ?? LOG_START) < position && !signal.aborted)
        await this.published.wait({ after: position - 1, signal });
    };
    return this.delay.skipDuring(reached());
  }

  /** Publishes the next page of the log, or waits for more. */
  private async publishOn(signal: AbortSignal): Promise<void> {
    const position = (this.position ??= await this.resume());
    const page = await this.store.readLog(position, BATCH, this.stream.prefix);
    if (page.events.length > 0) await this.publish(position, page.events);
    this.admission.committed(page.position);
    this.position = page.position;
    this.published.notify(page.position);
    // A full page, or one of other programs' records alone: the end of the log is not reached yet.
    if (page.events.length === BATCH || (page.events.length === 0 && page.position > position)) return;
    await this.store.waitForEvents(page.position, signal);
    await this.delay.wait(signal);
  }

  private async resume(): Promise<number> {
    const { checkpoint, marks } = await this.checkpoint.load();
    this.marks = marks;
    return checkpoint.position;
  }

  private async publish(after: number, events: readonly RecordedEvent[]): Promise<void> {
    const { name, names } = this.streamLog;
    const admitted = await this.admission.admit(after, events);
    const messages = admitted.map((one) => this.messageOf(this.stream.toStreamEvent(one), name));
    if (messages.length > 0) await this.bus.publish(this.stream.definition.topic, messages);
    const last = events[events.length - 1]!;
    const at = this.stream.recordedAt(last) ?? 0;
    this.marks = marked(this.marks, { position: last.position, id: last.id, at });
    await this.checkpoint.save(checkpointAt(name, last), names, this.marks);
    publishedEvents.inc(messages.length);
  }

  /**
   * Consumers skip a revision that they have had, and report a gap. `log` names the epoch of the log: a consumer that gets a new
   * one forgets the revisions that it has had.
   */
  private messageOf(streamEvent: StreamEvent<RecordedFact>, log: string): Message {
    const { entityId, revision, event } = streamEvent;
    const { type, data, metadata } = event;
    const stream = this.stream.nameOf(entityId);
    const { definition } = this.stream;
    const value = definition.toMessage?.(streamEvent, stream) ?? {
      entityId,
      stream,
      revision,
      type,
      data,
      metadata,
    };
    const schema = String(value.metadata.schemaVersion);
    return {
      key: definition.messageKey?.(streamEvent) ?? entityId,
      value: Buffer.from(JSON.stringify(value)),
      headers: { log, stream, revision: String(revision), type, schema },
    };
  }
}
