import { Injectable, Logger } from '@nestjs/common';
import { notFound, Problem, type ProblemCode, type TitledCode } from '@tallystick/contracts/http';
import { problemOfRefusal, type StopReason } from '@tallystick/contracts/ledger';
import { Unreadable } from '@tallystick/domain/kernel';
import {
  LEDGER_RECORDS,
  organizationOf,
  schemaVersionOf,
  STREAM_PREFIX,
  streamTaken,
  type EventMetadata,
  type FactOf,
  type LedgerEvent,
} from '@tallystick/domain/ledger';
import {
  Acceptances,
  AmbiguousAppend,
  EventStore,
  pagesOf,
  recordHash,
  StreamQuarantined,
  WrongRevision,
  type RecordedEvent,
} from '@tallystick/eventing';
import { LedgerService } from '@tallystick/services/credit-ledger';
import { ParkingService } from './parking.service';

const ATTEMPTS = 5;

/** A stream as it lies in the store, read without folding it. */
interface Seen {
  /** The revision of the last record. */
  readonly end: number;
  /** The latest time that one of our events was recorded at. */
  readonly now: string;
  readonly target: RecordedEvent | undefined;
  /** The records that cannot be read, up to the target. */
  readonly unreadable: readonly { readonly record: RecordedEvent; readonly why: Unreadable }[];
  readonly acceptances: Acceptances<LedgerEvent>;
}

export interface AcceptedRecord {
  readonly stream: string;
  readonly organizationId: string;
  readonly accepted: FactOf<'ForeignEventAccepted'>;
  /** The revision of the event that says so. */
  readonly acceptedAt: number;
  readonly state: 'running' | 'stopped';
  /** Why it is stopped still. */
  readonly stopped?: StopReason;
}

/** The one command that a stopped stream takes: an operator accepts that another program wrote one of its records. */
@Injectable()
export class ForeignRecordsService {
  private readonly log = new Logger(ForeignRecordsService.name);

  constructor(
    private readonly store: EventStore,
    private readonly ledger: LedgerService,
    private readonly parking: ParkingService,
  ) {}

  /** Safe to repeat: a record that is accepted already stays as it was accepted. */
  async accept(stream: string, revision: number, reason: string, actor: string): Promise<AcceptedRecord> {
    if (!stream.startsWith(STREAM_PREFIX)) throw notFound(`stream (they begin with ${STREAM_PREFIX})`);
    const acceptance = await this.acceptance(stream, revision, reason, actor);
    const organizationId = organizationOf(stream);
    return {
      stream,
      organizationId,
      accepted: acceptance.data as FactOf<'ForeignEventAccepted'>,
      acceptedAt: acceptance.revision,
      ...(await this.goOn(organizationId)),
    };
  }

  /** The event that accepts the record: the one that is there, or a new one at the stream's exact end. */
  private async acceptance(stream: string, revision: number, reason: string, actor: string) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const seen = await this.see(stream, revision);
      const record = acceptable(stream, revision, seen);
      const known = seen.acceptances.of(record, new Unreadable('foreign', ''));
      if (known) return known;
      const now = new Date().toISOString();
      const at = now < seen.now ? seen.now : now;
      const data = { revision, eventId: record.id, hash: recordHash(record), reason };
      const metadata: EventMetadata = {
        schemaVersion: schemaVersionOf('ForeignEventAccepted', data),
        occurredAt: at,
        recordedAt: at,
        actor,
      };
      const event = { id: crypto.randomUUID(), type: 'ForeignEventAccepted', data, metadata };
      await this.store.append(stream, seen.end, [event]).catch((error: unknown) => {
        // Either way the next look shows what has become of it.
        if (!(error instanceof WrongRevision || error instanceof AmbiguousAppend)) throw error;
      });
    }
    throw new Problem(503, 'unavailable', `${stream} changes all the time. Try again in a moment.`, {
      retryAfter: 1,
    });
  }

  private async see(stream: string, revision: number): Promise<Seen> {
    const acceptances = new Acceptances<LedgerEvent>(LEDGER_RECORDS);
    const unreadable: Seen['unreadable'][number][] = [];
    let [end, now, target]: [number, string, RecordedEvent | undefined] = [-1, '', undefined];
    for await (const page of pagesOf(this.store, stream, 0))
      for (const record of page) {
        const event = LEDGER_RECORDS.decode(record);
        if (!(event instanceof Unreadable)) {
          if (event.metadata.recordedAt > now) now = event.metadata.recordedAt;
          acceptances.take(record);
        } else if (record.revision <= revision) unreadable.push({ record, why: event });
        if (record.revision === revision) target = record;
        end = record.revision;
      }
    return { end, now, target, unreadable, acceptances };
  }

  /** Decides what has waited. Another record, or a fault, may keep the organization stopped all the same. */
  private async goOn(organizationId: string): Promise<Pick<AcceptedRecord, 'state' | 'stopped'>> {
    await this.parking.release(organizationId).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      this.log.warn(error, `${organizationId} is not released.`);
    });
    try {
      await this.ledger.read(organizationId, () => undefined);
      return { state: 'running' };
    } catch (error) {
      if (error instanceof StreamQuarantined) return { state: 'stopped', stopped: error.reason };
      throw error;
    }
  }
}

/** The record at the revision, if it is one that may be accepted next. */
function acceptable(stream: string, revision: number, { end, target, unreadable, acceptances }: Seen) {
  if (end < 0) throw notFound('stream');
  const no = (code: ProblemCode | TitledCode, detail: string, members = {}) => new Problem(409, code, detail, members);
  if (unreadable[0]?.why.kind === 'not-ours') throw problemOfRefusal(streamTaken, { billingUrl: '' });
  if (!target) throw no('revision_not_reached', `${stream} ends at revision ${end}; ${revision} is not there.`);
  const last = unreadable[unreadable.length - 1];
  if (last?.record !== target)
    throw no(
      'record_is_ours',
      `The record at revision ${revision} of ${stream} is one of ours: it counts, and nothing is to be accepted.`,
    );
  const earlier = unreadable.find(({ record, why }) => !acceptances.of(record, why))!;
  if (last.why.kind === 'newer')
    throw no(
      'record_is_newer',
      `The record at revision ${revision} of ${stream} is never skipped: ${last.why.reason}.`,
    );
  if (earlier && earlier.record !== target)
    throw no(
      'earlier_foreign_record',
      `The record at revision ${earlier.record.revision} of ${stream} comes first and is not accepted yet. Records are accepted in their order.`,
      { revision: earlier.record.revision },
    );
  return target;
}
