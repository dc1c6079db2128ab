import { Inject, Injectable, Logger } from '@nestjs/common';
import { notFound, Problem, type ProblemCode, type TitledCode } from '@tallystick/contracts/http';
import { Unreadable } from '@tallystick/domain/kernel';
import {
  Acceptances,
  AmbiguousAppend,
  EventStore,
  pagesOf,
  recordHash,
  StreamQuarantined,
  WrongRevision,
  type Acceptance,
  type QuarantineReason,
  type RecordedEvent,
} from '@tallystick/eventing';
import { Clock } from '@tallystick/runtime';
import { CommandService } from '../commands/command.service';
import { STREAM, Stream } from '../stream/stream';
import type { RecordedFact } from '../stream/stream-definition';
import { ParkingService } from './parking.service';

const ATTEMPTS = 5;
const STREAM_TAKEN: TitledCode = { code: 'stream_taken', title: 'The stream of this id is in use' };

/** A stream in the store, read without folding it. */
interface StreamReading {
  /** The revision of the last record. */
  readonly end: number;
  /** The latest time at which one of our events was recorded. */
  readonly now: string;
  readonly target: RecordedEvent | undefined;
  /** The records that cannot be read, up to the target. */
  readonly unreadable: readonly { readonly record: RecordedEvent; readonly why: Unreadable }[];
  readonly acceptances: Acceptances<RecordedFact>;
}

export interface AcceptedRecord {
  readonly stream: string;
  readonly entityId: string;
  readonly accepted: Acceptance & { readonly reason: string };
  /** The revision of the event that accepts the record. */
  readonly acceptedAt: number;
  readonly state: 'running' | 'stopped';
  /** Why the stream is still quarantined. */
  readonly stopped?: QuarantineReason;
}

/** The one command that a quarantined stream takes: an operator accepts that another program wrote one of its records. */
@Injectable()
export class ForeignRecordsService {
  private readonly log = new Logger(ForeignRecordsService.name);

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly store: EventStore,
    private readonly commands: CommandService,
    private readonly parking: ParkingService,
    private readonly clock: Clock,
  ) {}

  /** Safe to repeat: a record that is already accepted stays as it was accepted. */
  async accept(name: string, revision: number, reason: string, actor: string): Promise<AcceptedRecord> {
    const { prefix } = this.stream;
    if (!name.startsWith(prefix)) throw notFound(`stream (they begin with ${prefix})`);
    const acceptance = await this.acceptance(name, revision, reason, actor);
    const entityId = this.stream.entityOf(name);
    return {
      stream: name,
      entityId,
      accepted: acceptance.data as AcceptedRecord['accepted'],
      acceptedAt: acceptance.revision,
      ...(await this.resume(entityId)),
    };
  }

  /** The event that accepts the record: the existing one, or a new one at the stream's exact end. */
  private async acceptance(name: string, revision: number, reason: string, actor: string): Promise<RecordedEvent> {
    const { codec } = this.stream.definition;
    if (!codec.accept) throw notFound(`stream (they begin with ${this.stream.prefix})`);
    for (let attempts = 0; ; attempts++) {
      const reading = await this.readStream(name, revision);
      const record = acceptable(name, revision, reading);
      const known = reading.acceptances.of(record, new Unreadable('foreign', ''));
      if (known) return known;
      if (attempts === ATTEMPTS)
        throw new Problem(503, 'unavailable', `${name} changes all the time. Try again in a moment.`, {
          retryAfter: 1,
        });
      const now = this.clock.instant();
      const at = now < reading.now ? reading.now : now;
      const data = { revision, eventId: record.id, hash: recordHash(record), reason };
      const event = { id: crypto.randomUUID(), ...codec.accept(data, at, actor) };
      await this.store.append(name, reading.end, [event]).catch((error: unknown) => {
        // The next reading shows whether it was stored.
        if (!(error instanceof WrongRevision || error instanceof AmbiguousAppend)) throw error;
      });
    }
  }

  private async readStream(name: string, revision: number): Promise<StreamReading> {
    const { codec } = this.stream.definition;
    const acceptances = new Acceptances<RecordedFact>(codec);
    const unreadable: StreamReading['unreadable'][number][] = [];
    let [end, now, target]: [number, string, RecordedEvent | undefined] = [-1, '', undefined];
    for await (const page of pagesOf(this.store, name, 0))
      for (const record of page) {
        const event = codec.decode(record);
        if (!(event instanceof Unreadable)) {
          if (event.metadata.recordedAt > now) now = event.metadata.recordedAt;
          acceptances.take(record);
        } else if (record.revision <= revision) unreadable.push({ record, why: event });
        if (record.revision === revision) target = record;
        end = record.revision;
      }
    return { end, now, target, unreadable, acceptances };
  }

  /** Releases the stream. Another record, or a fault, may keep it quarantined. */
  private async resume(entityId: string): Promise<Pick<AcceptedRecord, 'state' | 'stopped'>> {
    await this.parking.release(entityId).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      this.log.warn(error, `${entityId} is not released.`);
    });
    try {
      await this.commands.read(entityId, () => undefined);
      return { state: 'running' };
    } catch (error) {
      if (error instanceof StreamQuarantined) return { state: 'stopped', stopped: error.reason };
      throw error;
    }
  }
}

/** The record at the revision, if it is one that may be accepted next. */
function acceptable(stream: string, revision: number, { end, target, unreadable, acceptances }: StreamReading) {
  if (end < 0) throw notFound('stream');
  const refusal = (code: ProblemCode | TitledCode, detail: string, members = {}) =>
    new Problem(409, code, detail, members);
  if (unreadable[0]?.why.kind === 'not-ours')
    throw refusal(STREAM_TAKEN, `${stream} belongs to another program. It stays as it is.`);
  if (!target)
    throw refusal('revision_not_reached', `${stream} ends at revision ${end}; it has no revision ${revision}.`);
  const last = unreadable[unreadable.length - 1];
  if (last?.record !== target)
    throw refusal(
      'record_is_ours',
      `The record at revision ${revision} of ${stream} was written by Tallystick: there is nothing to accept.`,
    );
  const earlier = unreadable.find(({ record, why }) => !acceptances.of(record, why))!;
  if (last.why.kind === 'newer')
    throw refusal(
      'record_is_newer',
      `The record at revision ${revision} of ${stream} is never skipped: ${last.why.reason}.`,
    );
  if (earlier && earlier.record !== target)
    throw refusal(
      'earlier_foreign_record',
      `The record at revision ${earlier.record.revision} of ${stream} comes first and is not accepted yet. Records are accepted in their order.`,
      { revision: earlier.record.revision },
    );
  return target;
}
