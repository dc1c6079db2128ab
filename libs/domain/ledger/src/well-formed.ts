import { memberChecks, type MemberCheck, type MemberChecks } from '@tallystick/domain/kernel';
import { GRANT_KINDS } from '@tallystick/domain/catalog';
import type { Command, Refusal } from './commands';
import type { EventType } from './events';

// The conditions that folding an event and storing its views depend on. Any program may append to a stream, so each record is checked.

const { anyOf, boolean, cached, instant, integer, isObject, keyUpTo, listOf, nullable, number, object, oneOf } =
  memberChecks;
const { optional, text, valuesOf, wrongMemberOf } = memberChecks;

/** The sum of a million such amounts fits into the integer columns of the views. */
const MOST_CREDITS = 9e12;
const MOST_SECONDS = 1e9;
const MOST_DAYS = 36_600;
/** Maximum length that database indexes accept. */
const key = keyUpTo(256);
const credits: MemberCheck = integer(0, MOST_CREDITS);

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
const flag = optional(boolean);
const RESERVATION: MemberChecks = {
  jobId: key,
  projectId: key,
  apiKeyId: nullable(key),
  credits,
  draws,
  rating,
  usage,
  features: nullable(listOf(text)),
  expiresAt: instant,
  timeoutSeconds: integer(0, MOST_SECONDS),
  period: cached(instant),
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

export const EVENT_SHAPES: Readonly<Record<EventType, MemberChecks>> = {
  CreditsGranted: {
    grantId: key,
    kind,
    credits,
    scope: nullable(listOf(text)),
    expiresAt: optional(instant),
    graceUntil: optional(instant),
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
  ReservationExtended: { jobId: key, expiresAt: instant },
  OutcomeRemembered: { jobId: key, outcome, projectId: optional(key) },
  OutcomeContradicted: { jobId: key, outcome, projectId: optional(key) },
  JobWindowClosed: { before: instant },
  OrganizationOpened: { currency: text },
  PlanSet: {
    plan: optional(text),
    anchor: optional(instant),
    periodDays: optional(integer(1, MOST_DAYS)),
    invoiceLineId: optional(key),
  },
  GrantGraceSet: { grantId: key, graceUntil: optional(instant) },
  PlanScheduled: { at: optional(instant), plan: optional(text) },
  PeriodClosed: { start: instant, end: instant },
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
  UsageReported: { limit: key, projectId: nullable(key), value: number, period: optional(instant) },
  HistorySealed: { upTo: integer(0), digest: text },
  ForeignEventAccepted: { revision: integer(0), eventId: text, hash: text, reason: text },
};

export const EVENT_TYPES: ReadonlySet<string> = new Set(Object.keys(EVENT_SHAPES));

const METADATA: MemberChecks = {
  now: instant,
  occurredAt: optional(instant),
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
  SetGrantGrace: { grantIds: nullable(listOf(key)), graceUntil: optional(instant) },
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
        ends: anyOf(object({ period: oneOf([true]) }), object({ at: instant })),
        graceMilliseconds: optional(integer(0, MOST_SECONDS * 1_000)),
        paid: optional(paid),
      }),
    ),
  },
  SchedulePlan: { at: optional(instant), plan: optional(text) },
  SetOverage: { overage: text },
  SetBudgetCap: { target: EVENT_SHAPES.BudgetCapSet['target']!, credits: nullable(number) },
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
