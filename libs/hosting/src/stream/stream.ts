import { Unreadable, type StreamEvent, type Table } from '@tallystick/domain/kernel';
import type { Admitted, RecordedEvent } from '@tallystick/eventing';
import { collectionsOf } from '../records/record-collections';
import { streamPrefixOf } from '../service';
import {
  STREAM_COLLECTIONS,
  type AnyStreamDefinition,
  type RecordedFact,
  type StreamCollections,
  type StreamCommand,
  type StreamDefinition,
} from './stream-definition';

/** The token of the module's `Stream`. */
export const STREAM = Symbol('STREAM');

/** A definition, with the names that follow from it. */
export class Stream {
  readonly prefix: string;
  readonly collections: StreamCollections;
  /** The entity of a stream, as messages name it. */
  readonly entity: string;
  /** One row per stream, with its `revision`. */
  readonly directory: Table;
  /** Keys of the publisher's checkpoint. */
  readonly checkpointKeys: { readonly position: string; readonly details: string };
  /** Names of the readiness checks. */
  readonly checks: { readonly views: string; readonly quarantine: string };

  static of<State, Command extends StreamCommand, Event extends RecordedFact, Answer, Fact extends RecordedFact>(
    definition: StreamDefinition<State, Command, Event, Answer, Fact>,
  ): Stream {
    // The mechanics pass states, commands and events on, and never look into them.
    return new Stream(definition as unknown as AnyStreamDefinition);
  }

  private constructor(readonly definition: AnyStreamDefinition) {
    const { category, entity = 'stream', legacy, views } = definition;
    this.prefix = streamPrefixOf(category);
    this.entity = entity;
    this.collections = legacy?.collections ?? collectionsOf(category, STREAM_COLLECTIONS);
    this.checkpointKeys = legacy?.checkpoint ?? { position: category, details: `${category}-log` };
    this.checks = legacy?.checks ?? { views: `${category}-views`, quarantine: `${category}-streams` };
    const directory = views[0]?.table;
    if (directory?.key.length !== 1 || directory.columns['revision'] !== 'integer')
      throw new Error(`The first view of ${category} must have one row per stream and a column revision.`);
    this.directory = directory;
  }

  nameOf(entityId: string): string {
    return this.prefix + entityId;
  }

  entityOf(stream: string): string {
    return stream.slice(this.prefix.length);
  }

  /** A record of the log as views fold it and as it is published. */
  toStreamEvent = (admitted: Admitted<RecordedFact>): StreamEvent<RecordedFact> => {
    const { recorded } = admitted;
    const event = admitted.event ?? this.definition.skipped?.(admitted);
    if (event === undefined) throw new Error(`${recorded.stream} has an accepted record that nothing stands for.`);
    return { entityId: this.entityOf(recorded.stream), revision: recorded.revision, event };
  };

  /** When the event was recorded, epoch milliseconds; undefined for a record of another program. */
  recordedAt(record: RecordedEvent): number | undefined {
    const event = this.definition.codec.decode(record);
    return event instanceof Unreadable ? undefined : Date.parse(event.metadata.recordedAt);
  }
}

/** The column that names the stream in a view: the first of its key. */
export const entityColumnOf = (table: Table): string => table.key[0]!;
