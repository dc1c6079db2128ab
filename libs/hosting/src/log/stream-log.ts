import { Inject, Injectable } from '@nestjs/common';
import type { Table } from '@tallystick/domain/kernel';
import { EventStore, LOG_START, type RecordedEvent } from '@tallystick/eventing';
import { PublisherCheckpoint } from '../publishing/publisher-checkpoint';
import { STREAM, Stream } from '../stream/stream';
import { LogService, type LogParticipant } from './log.service';

/** The log as one category of streams sees it. */
@Injectable()
export class StreamLog implements LogParticipant {
  readonly prefix: string;
  readonly tables: readonly Table[];
  private readonly listeners: ((end: RecordedEvent | undefined) => void)[] = [];
  readUpTo: () => number = () => LOG_START;
  pause: () => Promise<void> = async () => undefined;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly store: EventStore,
    private readonly log: LogService,
    readonly publisher: PublisherCheckpoint,
  ) {
    this.prefix = stream.prefix;
    this.tables = stream.definition.views.map(({ table }) => table);
    log.join(this);
  }

  /** The log's newest epoch. */
  get name(): string {
    return this.log.name;
  }

  /** The names of all epochs, oldest first. */
  get names(): readonly string[] {
    return this.log.names;
  }

  /** Why nothing may be decided on the log. */
  get fault(): string | undefined {
    return this.log.fault;
  }

  assertWhole(): void {
    this.log.assertWhole();
  }

  /** The last event of the category in the store. */
  end(): Promise<RecordedEvent | undefined> {
    return this.store.last(this.prefix);
  }

  onEnd(listener: (end: RecordedEvent | undefined) => void): void {
    this.listeners.push(listener);
  }

  onLook(end: RecordedEvent | undefined): void {
    for (const listener of this.listeners) listener(end);
  }

  recordedAt(record: RecordedEvent): number | undefined {
    return this.stream.recordedAt(record);
  }
}
