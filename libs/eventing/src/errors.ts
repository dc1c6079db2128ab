import type { Unreadable } from '@tallystick/domain/kernel';
import type { RecordedEvent } from './ports/event-store';

/** An error of a store, of the bus, or of the command loop. */
export abstract class EventingError extends Error {
  /** True if the same call can succeed later, without a change by the caller or an operator. */
  readonly isTransient: boolean = false;
  /** True if what was to be written can have been stored all the same. Otherwise nothing was stored by this call. */
  readonly isOutcomeUnknown: boolean = false;
}

export const isTransient = (error: unknown): boolean => error instanceof EventingError && error.isTransient;

export const isOutcomeUnknown = (error: unknown): boolean => error instanceof EventingError && error.isOutcomeUnknown;

/** Thrown by an append when the stream does not end at the expected revision. */
export class WrongRevision extends EventingError {
  override readonly name = 'WrongRevision';
  override readonly isTransient = true;

  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly actual: number | undefined,
  ) {
    super(`Stream ${stream} is at revision ${actual ?? 'unknown'}, not at ${expected}.`);
  }
}

/** Thrown when the store reports that the stream was deleted: by a tombstone, or softly, so that a new one can be written in its place. */
export class StreamDeleted extends EventingError {
  override readonly name = 'StreamDeleted';

  constructor(readonly stream: string) {
    super(`Stream ${stream} was deleted on the server.`);
  }
}

/**
 * Thrown when revisions `expected` to `found` - 1 of a stream are missing. `found` is undefined where the stream exists and the
 * store shows none of its events from `expected` on.
 */
export class RevisionGap extends EventingError {
  override readonly name = 'RevisionGap';

  constructor(
    readonly stream: string,
    readonly expected: number,
    readonly found: number | undefined,
  ) {
    super(
      found === undefined
        ? `Stream ${stream} exists, but the store hides its events from revision ${expected} on.`
        : `Stream ${stream} lacks revisions ${expected} to ${found - 1}.`,
    );
  }
}

/** Thrown when the store will never accept this append: it is too large, or an id, a type or the stream's name is invalid. */
export class AppendRefused extends EventingError {
  override readonly name = 'AppendRefused';
}

/** Thrown when it is unknown whether an append was stored: the connection was lost, or the answer took too long. */
export class AmbiguousAppend extends EventingError {
  override readonly name = 'AmbiguousAppend';
  override readonly isTransient = true;
  override readonly isOutcomeUnknown = true;
}

/** Thrown when the store cannot be reached, has stopped, or refuses this user. */
export class StoreUnavailable extends EventingError {
  override readonly name: string = 'StoreUnavailable';
  override readonly isTransient = true;
}

/** Thrown when the store accepts no writes for now: its disk is full or read-only. Reads still work. */
export class StoreUnwritable extends StoreUnavailable {
  override readonly name = 'StoreUnwritable';
}

/** Thrown when the bus cannot be reached or has stopped. Sending the messages again is safe: consumers skip repetitions. */
export class BusUnavailable extends EventingError {
  override readonly name = 'BusUnavailable';
  override readonly isTransient = true;
  override readonly isOutcomeUnknown = true;
}

/** Thrown by a commit when another process has written the views since their checkpoints were read. */
export class ViewOvertaken extends EventingError {
  override readonly name = 'ViewOvertaken';

  constructor(views: readonly string[]) {
    super(`Another process has written or dropped one of these views since they were read: ${views.join(', ')}.`);
  }
}

/** Thrown for a record that cannot be folded and is not accepted. */
export class UnreadableRecord extends EventingError {
  override readonly name = 'UnreadableRecord';

  constructor(
    readonly record: RecordedEvent,
    readonly why: Unreadable,
  ) {
    const { stream, revision, type, id } = record;
    super(`The record at revision ${revision} of ${stream} (${type}, id ${id}) cannot be folded: ${why.reason}.`);
  }
}

/** Thrown for a command when the process is stopping, or when other writers were faster at every attempt. */
export class CommandAborted extends EventingError {
  override readonly name = 'CommandAborted';
  override readonly isTransient = true;
}

/**
 * Thrown for a command that was sent to the store, where it is unknown whether it was stored. The same command again is decided
 * on what the store has by then: where the decider recognizes a repetition by the command's own id, it has its effect once.
 */
export class UnknownOutcome extends EventingError {
  override readonly name = 'UnknownOutcome';
  override readonly isTransient = true;
  override readonly isOutcomeUnknown = true;
}

/** Why a stream is quarantined, for programs. */
export interface QuarantineReason {
  /** `not-ours`, `foreign` and `newer` are about one record. `fault` is an error of the program, or a ledger that does not add up. */
  readonly kind: 'not-ours' | 'foreign' | 'newer' | 'gap' | 'deleted' | 'fault';
  readonly reason: string;
  /** Of the record; of a gap, the first revision that is missing. */
  readonly revision?: number;
  readonly eventId?: string;
  readonly type?: string;
}

/** Thrown for the commands of a stream whose records, or the logic that folds them, have a fault. Other streams continue. An operator releases it. */
export class StreamQuarantined extends EventingError {
  override readonly name = 'StreamQuarantined';

  constructor(
    readonly stream: string,
    override readonly cause: unknown,
  ) {
    super(`${stream} is stopped: ${messageOf(cause)}`);
  }

  get reason(): QuarantineReason {
    const { cause } = this;
    if (cause instanceof UnreadableRecord) {
      const { revision, id: eventId, type } = cause.record;
      return { kind: cause.why.kind, reason: cause.why.reason, revision, eventId, type };
    }
    const reason = messageOf(cause);
    if (cause instanceof RevisionGap) return { kind: 'gap', reason, revision: cause.expected };
    return { kind: cause instanceof StreamDeleted ? 'deleted' : 'fault', reason };
  }
}

/** True for an error of the stream as the store has it: reading it again would give the same error. */
export const isStreamError = (error: unknown): error is Error =>
  [UnreadableRecord, RevisionGap, StreamDeleted].some((kind) => error instanceof kind);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
