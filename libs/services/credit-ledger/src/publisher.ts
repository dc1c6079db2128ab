import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { CREDITS_EVENTS, type CreditsMessage } from '@tallystick/contracts';
import {
  LEDGER_RECORDS,
  STREAM_PREFIX,
  streamOf,
  type LedgerEvent,
  type Placed,
} from '@tallystick/domain/ledger';
import {
  Admission,
  Bus,
  EventStore,
  HoldRegistry,
  LOG_START,
  RecordStore,
  type Message,
} from '@tallystick/eventing';
import { placeOf } from './placed';
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
  private readonly admission: Admission<LedgerEvent>;

  constructor(
    private readonly store: EventStore,
    private readonly bus: Bus,
    private readonly records: RecordStore,
    private readonly projections: Projections,
  ) {
    const registry = new HoldRegistry(records, 'publisher');
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
        const admitted = await this.admission.admit(position, page.events);
        const messages = admitted.map(placeOf).map(messageOf);
        if (messages.length > 0) await this.bus.publish(CREDITS_EVENTS, messages);
        if (page.position > position)
          await this.records.put(CHECKPOINTS, [{ key: KEY, value: page.position }]);
        else await this.store.grown(position, signal);
        this.admission.reached(page.position);
        publishedEvents.inc(messages.length);
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

/** Consumers skip a revision that they have seen, and alarm when one is missing. */
function messageOf({ organizationId, revision, event }: Placed): Message {
  const { type, data, metadata } = event;
  const stream = streamOf(organizationId);
  const message = { organizationId, stream, revision, type, data, metadata } as unknown as CreditsMessage;
  const schema = String(metadata.schemaVersion);
  return {
    key: organizationId,
    value: Buffer.from(JSON.stringify(message)),
    headers: { stream, revision: String(revision), type, schema },
  };
}
