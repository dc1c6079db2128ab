import { isInstant } from '@tallystick/domain/kernel';
import { GRANT_KINDS } from '@tallystick/domain/catalog';
import type { Command, Refusal } from './commands';
import type { EventType } from './events';

// The conditions that folding an event and storing its views depend on. Any program may append to a stream, so each record is checked.

declare global {
  // (ES2024, which Node 20 has and the compiler's target does not)
  interface String {
    isWellFormed(): boolean;
  }
}

type MemberCheck = (value: unknown) => boolean;
type MemberChecks = Readonly<Record<string, MemberCheck>>;

/** The sum of a million such amounts fits into the integer columns of the views. */
const MOST_CREDITS = 9e12;
const MOST_SECONDS = 1e9;
const MOST_DAYS = 36_600;
/** Maximum length that database indexes accept. */
const KEY_LENGTH = 256;

const text: MemberCheck = (value) => typeof value === 'string';
/** Databases replace or refuse characters that UTF-8 cannot represent, so that two keys could become one. */
const key: MemberCheck = (value) =>
  typeof value === 'string' && value.length <= KEY_LENGTH && value.isWellFormed() && !value.includes('\0');
const credits: MemberCheck = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_CREDITS;
const number: MemberCheck = (value) => Number.isFinite(value);
const integer =
  (least: number, most = Number.MAX_SAFE_INTEGER): MemberCheck =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
const oneOf = (values: readonly unknown[]): MemberCheck => {
  const allowed = new Set(values);
  return (value) => allowed.has(value);
};
const nullable =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    value === undefined || value === null || check(value);
const optional =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    value === undefined || check(value);
const anyOf =
  (a: MemberCheck, b: MemberCheck): MemberCheck =>
  (value) =>
    a(value) || b(value);
const listOf =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Caches the last valid value: consecutive events share their times. */
export function cached(check: MemberCheck): MemberCheck {
  let last: unknown;
  return (value) => {
    if (value === last && value !== undefined) return true;
    const holds = check(value);
    if (holds) last = value;
    return holds;
  };
}
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const valuesOf =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

function object(shape: MemberChecks): MemberCheck {
  const firstWrong = wrongMemberOf(shape);
  return (value) => isObject(value) && firstWrong(value) === undefined;
}

function wrongMemberOf(shape: MemberChecks): (data: Readonly<Record<string, unknown>>) => string | undefined {
  const names = Object.keys(shape);
  const checks = Object.values(shape);
  return (data) => {
    for (let i = 0; i < names.length; i++) if (!checks[i]!(data[names[i]!])) return names[i];
    return undefined;
  };
}

const kind = oneOf(GRANT_KINDS);
const draws = listOf(object({ grantId: key, kind, credits }));
const rating = object({
  catalog: text,
  operation: key,
  unit: text,
  units: number,
  unitCredits: number,
  surcharges: listOf(object({ feature: text, unitCredits: number })),
  credits,
});
const usage = nullable(isObject);
const flag = optional((value) => typeof value === 'boolean');
const RESERVATION: MemberChecks = {
  jobId: key,
  projectId: key,
  apiKeyId: nullable(key),
  credits,
  draws,
  rating,
  usage,
  features: nullable(listOf(text)),
  expiresAt: isInstant,
  timeoutSeconds: integer(0, MOST_SECONDS),
  period: cached(isInstant),
  hasDetails: flag,
};
const late = optional(object({ reservation: object(RESERVATION), revision: integer(0), refunded: credits }));
const JOB: MemberChecks = { jobId: key, projectId: key, apiKeyId: nullable(key), operation: key, hasDetails: flag };
const outcome = anyOf(
  object({ kind: oneOf(['completed']), usage }),
  object({ kind: oneOf(['failed']), reason: oneOf(['failed', 'incomplete']) }),
);
const paid = object({ amount: integer(0), currency: text });
const cause = oneOf(['operator', 'refund', 'dispute', 'other']);
const days = anyOf(number, oneOf(['off']));

const SHAPES: Readonly<Record<EventType, MemberChecks>> = {
  CreditsGranted: {
    grantId: key,
    kind,
    credits,
    scope: nullable(listOf(text)),
    expiresAt: optional(isInstant),
    graceUntil: optional(isInstant),
    paid: optional(paid),
    reason: text,
    jobId: optional(key),
  },
  CreditsReserved: RESERVATION,
  CreditsConsumed: {
    ...JOB,
    credits,
    draws,
    surplus: draws,
    writtenOff: credits,
    rating,
    late,
    outcomeWasWaiting: optional(oneOf([true])),
  },
  CreditsRefunded: {
    ...JOB,
    credits,
    draws,
    reason: oneOf(['failed', 'incomplete', 'timed-out', 'unused']),
    late,
    outcomeWasWaiting: optional(oneOf([true])),
  },
  CreditsExpired: { grantId: key, credits, jobId: optional(key) },
  CreditsRevoked: { grantId: key, credits, reason: text, cause: optional(cause), jobId: optional(key) },
  ReservationExtended: { jobId: key, expiresAt: isInstant },
  OutcomeRemembered: { jobId: key, outcome, projectId: optional(key) },
  OutcomeContradicted: { jobId: key, outcome, projectId: optional(key) },
  JobWindowClosed: { before: isInstant },
  OrganizationOpened: { currency: text },
  PlanSet: {
    plan: optional(text),
    anchor: optional(isInstant),
    periodDays: optional(integer(1, MOST_DAYS)),
    invoiceLineId: optional(key),
  },
  GrantGraceSet: { grantId: key, graceUntil: optional(isInstant) },
  PlanScheduled: { at: optional(isInstant), plan: optional(text) },
  PeriodClosed: { start: isInstant, end: isInstant },
  OverageSet: { overage: oneOf(['none', 'auto', 'pay-as-you-go']) },
  BudgetCapSet: {
    target: anyOf(object({ projectId: key }), object({ apiKeyId: key })),
    credits: optional(credits),
  },
  SettingsChanged: {
    settings: object({
      retentionDays: nullable(days),
      projectRetentionDays: nullable(valuesOf(days)),
      alertThresholds: nullable(listOf(number)),
    }),
  },
  UsageReported: { limit: key, projectId: nullable(key), value: number, period: optional(isInstant) },
  HistorySealed: { upTo: integer(0), digest: text },
  ForeignEventAccepted: { revision: integer(0), eventId: text, hash: text, reason: text },
};

const CHECKS = new Map(Object.entries(SHAPES).map(([type, shape]) => [type, wrongMemberOf(shape)]));
export const EVENT_TYPES: ReadonlySet<string> = new Set(CHECKS.keys());

/** The name of the first invalid member of an event's data, or `data` if it is not an object. */
export function wrongMember(type: string, data: unknown): string | undefined {
  return isObject(data) ? CHECKS.get(type)!(data) : 'data';
}

const METADATA: MemberChecks = {
  now: isInstant,
  occurredAt: optional(isInstant),
  correlationId: nullable(text),
  causationId: nullable(text),
  actor: nullable(text),
};
const USAGE = nullable(object({ files: nullable(listOf(isObject)) }));
/** Only the conditions that `decide` depends on: it refuses violations of the ledger's rules itself, with better messages. */
const COMMANDS: Readonly<Record<Command['type'], MemberChecks>> = {
  SubmitJob: {
    jobId: key,
    projectId: key,
    apiKeyId: nullable(key),
    hasDetails: flag,
    job: object({ operation: nullable(text), usage: USAGE, features: nullable(listOf(text)) }),
  },
  EndJob: { jobId: key, outcome, projectId: nullable(key) },
  ExtendJob: { jobId: key, projectId: nullable(key) },
  GrantCredits: {
    grantId: key,
    formerGrantId: nullable(key),
    kind,
    credits: number,
    scope: nullable(listOf(text)),
    expiresAt: nullable(text),
    paid: nullable(paid),
    sold: optional(oneOf([true])),
    reason: text,
  },
  RevokeCredits: { grantId: key, reason: text, cause: optional(cause) },
  EndGrant: { grantId: key },
  SetGrantGrace: { grantIds: nullable(listOf(key)), graceUntil: optional(isInstant) },
  OpenOrganization: { currency: text },
  SetPlan: { plan: nullable(text), anchor: nullable(text) },
  ApplyPlanPayment: {
    invoiceLineId: key,
    plan: text,
    anchor: oneOf(['keep', 'new']),
    endGrants: listOf(key),
    grant: optional(
      object({
        grantId: key,
        credits: number,
        ends: anyOf(object({ period: oneOf([true]) }), object({ at: isInstant })),
        graceMilliseconds: optional(integer(0, MOST_SECONDS * 1_000)),
        paid: optional(paid),
      }),
    ),
  },
  SchedulePlan: { at: optional(isInstant), plan: optional(text) },
  SetOverage: { overage: text },
  SetBudgetCap: { target: SHAPES.BudgetCapSet['target']!, credits: nullable(number) },
  ChangeSettings: { settings: isObject },
  SetProjectRetention: { projectId: key, days: nullable(days) },
  ReportUsage: { limit: key, projectId: nullable(key), value: number },
  SealHistory: { upTo: number, digest: text },
  CloseJobWindow: {},
  Tick: {},
};
const COMMAND_CHECKS = new Map(
  Object.entries(COMMANDS).map(([type, shape]) => [type, wrongMemberOf({ ...METADATA, ...shape })]),
);

/** Refuses a command with members of wrong types before it is processed: there it would throw and quarantine its stream. */
export function malformed(command: Command): Refusal | undefined {
  const check = COMMAND_CHECKS.get(command.type);
  const field = check ? check(command as object as Readonly<Record<string, unknown>>) : 'type';
  if (field === undefined) return undefined;
  return {
    code: 'invalid_command',
    field,
    rule: 'form',
    message: 'Give this member in the form of its type.',
  };
}
