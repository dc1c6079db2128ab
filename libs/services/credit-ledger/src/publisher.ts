import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CREDITS_EVENTS, type CreditsMessage } from '@tallystick/contracts';
import {
  decodeMetadata,
  organizationOf,
  STREAM_PREFIX,
  type StoredMetadata,
} from '@tallystick/domain/ledger';
import {
  Bus,
  EventStore,
  LOG_START,
  RecordStore,
  type Message,
  type RecordedEvent,
} from '@tallystick/eventing';
import { Projections } from './projections';
import { publishedEvents } from './telemetry';

const BATCH = 1_000;
const CHECKPOINTS = 'checkpoints';
const KEY = 'publisher';
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

  constructor(
    private readonly store: EventStore,
    private readonly bus: Bus,
    private readonly records: RecordStore,
    private readonly projections: Projections,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let position: number | undefined;
    while (!signal.aborted)
      try {
        if (!this.projections.projector.leads) {
          position = undefined;
          await pause(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
          continue;
        }
        position ??= await this.checkpoint();
        const page = await this.store.readLog(position, BATCH, STREAM_PREFIX);
        if (page.events.length > 0) await this.bus.publish(CREDITS_EVENTS, page.events.map(messageOf));
        if (page.position > position)
          await this.records.put(CHECKPOINTS, [{ key: KEY, value: page.position }]);
        else await this.store.grown(position, signal);
        publishedEvents.inc(page.events.length);
        position = page.position;
      } catch (error) {
        this.log.warn(error, 'Events could not be published; they are sent again.');
        position = undefined;
        await pause(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
  }

  private async checkpoint(): Promise<number> {
    const [position] = await this.records.get(CHECKPOINTS, [KEY], Date.now());
    return (position as number | undefined) ?? LOG_START;
  }
}

/** Consumers skip a revision that they have seen, and alarm when one is missing. The hash stays with the stream. */
function messageOf({ stream, revision, type, data, metadata }: RecordedEvent): Message {
  const organizationId = organizationOf(stream);
  const published = decodeMetadata(metadata as StoredMetadata);
  const message = { organizationId, stream, revision, type, data, metadata: published } as CreditsMessage;
  const schema = String(published.schemaVersion);
  return {
    key: organizationId,
    value: Buffer.from(JSON.stringify(message)),
    headers: { stream, revision: String(revision), type, schema },
  };
}
