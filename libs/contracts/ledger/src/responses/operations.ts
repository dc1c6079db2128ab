import type { Instant } from '@tallystick/domain/kernel';
import type { DeadLetterClass } from '../outgoing';
import type { LedgerRefusalCode } from '../refusals';
import type { StopReason } from '../stopped';
import type { CreditAmounts } from './organizations';

export interface ViewResponse {
  readonly name: string;
  /** The last position of the log in the view. */
  readonly checkpoint: number;
  /** The end of the log. */
  readonly head: number;
  /** Absent while any view is rebuilt. */
  readonly rows?: number;
  /** Progress of the copy that replaces the view. */
  readonly rebuilding?: { readonly position: number; readonly head: number };
}

export interface RebuildResponse {
  readonly name: string;
  readonly state: 'running';
}

/** An organization in the balances view. */
export interface OrganizationState extends CreditAmounts {
  readonly organizationId: string;
  readonly revision: number;
  readonly asOf: Instant;
  /** The first revision at which the credits do not add up. */
  readonly damagedAt: number | null;
  /** Sums of the ended grants by kind, as JSON. */
  readonly ended: string;
  readonly openGrants: number;
  /** When an expiry or time-out is due. */
  readonly dueAt?: Instant;
  readonly stopped?: Partial<StopReason> & { readonly why: string; readonly since: Instant };
}

/** The audit record of a refused job. */
export interface RefusalRecord {
  readonly at: Instant;
  readonly organizationId: string;
  readonly projectId: string;
  readonly apiKeyId?: string;
  readonly jobId: string;
  readonly operation?: string;
  readonly code: LedgerRefusalCode;
  readonly required?: number;
  readonly available?: number;
  /** Of the organization's stream, when the job was refused. */
  readonly revision: number;
}

export interface DeadLetterResponse {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly class?: DeadLetterClass;
  readonly reason?: string;
  readonly origin: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
    readonly at: Instant;
  };
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** `released`: decided when its organization was released. */
export interface DeadLetterHandledResponse {
  readonly id: string;
  readonly handling: 'redriven' | 'discarded' | 'released';
}

export interface ParkedOrganizationResponse {
  readonly organizationId: string;
  readonly why: string;
  /** Absent in records of older versions. */
  readonly stopped?: StopReason;
  readonly since: Instant;
  /** Messages among the dead letters. */
  readonly waiting: number;
}

export interface ReleaseResponse {
  readonly organizationId: string;
  readonly state: 'running';
  /** Messages decided by the release. */
  readonly decided: number;
}

export interface AcceptedForeignResponse {
  readonly stream: string;
  readonly organizationId: string;
  readonly accepted: {
    readonly revision: number;
    readonly eventId: string;
    readonly hash: string;
    readonly reason: string;
  };
  /** Revision of the event that accepts the record. */
  readonly acceptedAt: number;
  readonly state: 'running' | 'stopped';
  /** The reason that remains. */
  readonly stopped?: StopReason;
}

/** A long-running operation. Positions are those of the log. */
export interface OperationProgress {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly position: number;
  readonly head: number;
  /** Why it failed. */
  readonly detail?: string;
}

/** A difference between a view and its replay. Rows are null where they are missing. */
export interface ViewDifference {
  readonly view: string;
  readonly organizationId: string;
  readonly key: string;
  readonly live: Readonly<Record<string, string | number | null>> | null;
  readonly replayed: Readonly<Record<string, string | number | null>> | null;
  readonly revision?: number;
}

export interface ReplayResponse extends OperationProgress {
  readonly differences: readonly ViewDifference[];
}

/** A broken rule of the ledger. */
export interface InvariantBreach {
  readonly organizationId: string;
  readonly revision: number;
  readonly what: string;
}

/** A record of another program. It breaks no rule if it is accepted, or if the whole stream is not ours. */
export interface ForeignRecordReport {
  readonly stream: string;
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly kind: string;
  readonly reason: string;
  readonly isAccepted: boolean;
}

export interface VerificationResponse extends OperationProgress {
  readonly events: number;
  readonly organizations: number;
  /** Streams of older versions whose history is not sealed yet. */
  readonly unsealed: number;
  readonly breaches: readonly InvariantBreach[];
  readonly foreign: readonly ForeignRecordReport[];
}
