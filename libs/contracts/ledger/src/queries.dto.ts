import { Transform } from 'class-transformer';
import { BOUNDS } from '@tallystick/contracts/http';
import { JOB_STATUSES, type JobStatus } from './ledger-types';
import { DEAD_LETTER_CLASSES, type DeadLetterClass } from './outgoing';
import { GRANTABLE_KINDS } from './organizations.dto';
import { id, May, oneOf, startOfDay, text, time, whole, type Rule } from '@tallystick/contracts/http';

// Query members are texts. Numbers are parsed before they are checked.

const WHOLE = /^\d{1,16}$/;

/** Digits only: `Number` also accepts an empty text, `0x10` and `1e3`. */
const number = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && WHOLE.test(value) ? Number(value) : value,
  );
const revision = (): Rule => whole(0, Number.MAX_SAFE_INTEGER);

const ALL_GRANT_KINDS = [...GRANTABLE_KINDS, 'pay-as-you-go'] as const;

export class PageQueryDto {
  @May(text(BOUNDS.cursorLength)) cursor?: string;
  @May(whole(1, BOUNDS.pageSize)) @number() limit?: number;
}

export class TimesQueryDto extends PageQueryDto {
  @May(time()) from?: string;
  /** Exclusive. */
  @May(time()) to?: string;
}

export class DeadLettersQueryDto extends PageQueryDto {
  @May(oneOf(DEAD_LETTER_CLASSES)) class?: DeadLetterClass;
}

export class JobsQueryDto extends TimesQueryDto {
  @May(id()) organization?: string;
  /** The same as `organization`. */
  @May(id()) organizationId?: string;
  @May(id()) project?: string;
  @May(text(BOUNDS.nameLength)) operation?: string;
  @May(oneOf(JOB_STATUSES)) state?: JobStatus;
  /** The same as `state`. */
  @May(oneOf(JOB_STATUSES)) status?: JobStatus;
  @May(revision()) @number() atLeastRevision?: number;
}

export const GRANT_STATES = ['live', 'ended'] as const;

export class GrantsQueryDto extends PageQueryDto {
  @May(oneOf(ALL_GRANT_KINDS)) kind?: (typeof ALL_GRANT_KINDS)[number];
  /** `live`: it holds credits, available or reserved. */
  @May(oneOf(GRANT_STATES)) state?: (typeof GRANT_STATES)[number];
  @May(revision()) @number() atLeastRevision?: number;
}

export class BalanceQueryDto {
  @May(time()) at?: string;
  @May(revision()) @number() atRevision?: number;
  @May(revision()) @number() atLeastRevision?: number;
}

export const MOVEMENTS = ['grant', 'reserve', 'consume', 'refund', 'expire', 'revoke'] as const;

export class HistoryQueryDto extends TimesQueryDto {
  @May(oneOf(MOVEMENTS)) kind?: (typeof MOVEMENTS)[number];
  @May(id()) project?: string;
  @May(text(BOUNDS.nameLength)) operation?: string;
  @May(revision()) @number() atLeastRevision?: number;
}

export class UsageQueryDto extends PageQueryDto {
  @May(startOfDay()) from?: string;
  /** Exclusive. */
  @May(startOfDay()) to?: string;
  /** Comma-separated: operation, project, apiKey, day. */
  @May(text(BOUNDS.nameLength)) groupBy?: string;
  @May(id()) project?: string;
  @May(text(BOUNDS.nameLength)) operation?: string;
  @May(revision()) @number() atLeastRevision?: number;
}

export class EventsQueryDto extends PageQueryDto {
  @May(revision()) @number() fromRevision?: number;
  @May(text(BOUNDS.nameLength)) kind?: string;
  @May(id()) project?: string;
  @May(text(BOUNDS.nameLength)) operation?: string;
  @May(revision()) @number() atLeastRevision?: number;
  @May(time()) from?: string;
  @May(time()) to?: string;
}
