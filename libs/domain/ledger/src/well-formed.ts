import { isInstant } from '@tallystick/domain/kernel';
import { GRANT_KINDS } from '@tallystick/domain/catalog';
import type { Command, Refusal } from './commands';
import type { EventType } from './events';

// What folding an event relies on, and views can store. Anyone may append to a stream: nothing else vouches for a record.

declare global {
  // (ES2024, which Node 20 has and the compiler's target does not)
  interface String {
    isWellFormed(): boolean;
  }
}

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

/** Sums of a million such amounts still fit the columns of every view. */
const MOST_CREDITS = 9e12;
const MOST_SECONDS = 1e9;
const MOST_DAYS = 36_600;
/** Database indexes take no longer keys. */
const KEY_LENGTH = 256;

const text: Check = (value) => typeof value === 'string';
/** Databases replace or refuse what UTF-8 cannot hold, so that two keys would become one. */
const key: Check = (value) =>
  typeof value === 'string' && value.length <= KEY_LENGTH && value.isWellFormed() && !value.includes('\0');
const credits: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MOST_CREDITS;
const number: Check = (value) => Number.isFinite(value);
const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
const oneOf = (values: readonly unknown[]): Check => {
  const allowed = new Set(values);
  return (value) => allowed.has(value);
};
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const unlessLeftOut =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const either =
  (a: Check, b: Check): Check =>
  (value) =>
    a(value) || b(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Remembers the last value that held: events side by side share their times. */
export function oftenTheSame(check: Check): Check {
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
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

function object(shape: Shape): Check {
  const firstWrong = wrongMemberOf(shape);
  return (value) => isObject(value) && firstWrong(value) === undefined;
}

function wrongMemberOf(shape: Shape): (data: Readonly<Record<string, unknown>>) => string | undefined {
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
const usage = maybe(isObject);
const flag = unlessLeftOut((value) => typeof value === 'boolean');
const RESERVATION: Shape = {
  jobId: key,
  projectId: key,
  apiKeyId: maybe(key),
  credits,
  draws,
  rating,
  usage,
  features: maybe(listOf(text)),
  expiresAt: isInstant,
  timeoutSeconds: whole(0, MOST_SECONDS),
  period: oftenTheSame(isInstant),
  hasDetails: flag,
};
const late = unlessLeftOut(object({ reservation: object(RESERVATION), revision: whole(0), refunded: credits }));
const JOB: Shape = { jobId: key, projectId: key, apiKeyId: maybe(key), operation: key, hasDetails: flag };
const outcome = either(
  object({ kind: oneOf(['completed']), usage }),
  object({ kind: oneOf(['failed']), reason: oneOf(['failed', 'incomplete']) }),
);
const days = either(number, oneOf(['off']));

const SHAPES: Readonly<Record<EventType, Shape>> = {
  CreditsGranted: {
    grantId: key,
    kind,
    credits,
    scope: maybe(listOf(text)),
    expiresAt: unlessLeftOut(isInstant),
    reason: text,
    jobId: unlessLeftOut(key),
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
    outcomeWasWaiting: unlessLeftOut(oneOf([true])),
  },
  CreditsRefunded: {
    ...JOB,
    credits,
    draws,
    reason: oneOf(['failed', 'incomplete', 'timed-out', 'unused']),
    late,
    outcomeWasWaiting: unlessLeftOut(oneOf([true])),
  },
  CreditsExpired: { grantId: key, credits, jobId: unlessLeftOut(key) },
  CreditsRevoked: { grantId: key, credits, reason: text, jobId: unlessLeftOut(key) },
  ReservationExtended: { jobId: key, expiresAt: isInstant },
  OutcomeRemembered: { jobId: key, outcome, projectId: unlessLeftOut(key) },
  OutcomeContradicted: { jobId: key, outcome, projectId: unlessLeftOut(key) },
  JobWindowClosed: { before: isInstant },
  OrganizationOpened: { currency: text },
  PlanSet: {
    plan: unlessLeftOut(text),
    anchor: unlessLeftOut(isInstant),
    periodDays: unlessLeftOut(whole(1, MOST_DAYS)),
  },
  OverageSet: { overage: oneOf(['none', 'auto', 'pay-as-you-go']) },
  BudgetCapSet: {
    target: either(object({ projectId: key }), object({ apiKeyId: key })),
    credits: unlessLeftOut(credits),
  },
  SettingsChanged: {
    settings: object({
      retentionDays: maybe(days),
      projectRetentionDays: maybe(valuesOf(days)),
      alertThresholds: maybe(listOf(number)),
    }),
  },
  UsageReported: { limit: key, projectId: maybe(key), value: number, period: unlessLeftOut(isInstant) },
  HistorySealed: { upTo: whole(0), digest: text },
  ForeignEventAccepted: { revision: whole(0), eventId: text, hash: text, reason: text },
};

const CHECKS = new Map(Object.entries(SHAPES).map(([type, shape]) => [type, wrongMemberOf(shape)]));
export const EVENT_TYPES: ReadonlySet<string> = new Set(CHECKS.keys());

/** The first member of an event's data that is not as the type has it; `data` where that is no object at all. */
export function wrongMember(type: string, data: unknown): string | undefined {
  return isObject(data) ? CHECKS.get(type)!(data) : 'data';
}

const METADATA: Shape = {
  now: isInstant,
  occurredAt: unlessLeftOut(isInstant),
  correlationId: maybe(text),
  causationId: maybe(text),
  actor: maybe(text),
};
const USAGE = maybe(object({ files: maybe(listOf(isObject)) }));
/** No more than deciding relies on: what the rules of the ledger forbid, `decide` says better. */
const COMMANDS: Readonly<Record<Command['type'], Shape>> = {
  SubmitJob: {
    jobId: key,
    projectId: key,
    apiKeyId: maybe(key),
    hasDetails: flag,
    job: object({ operation: maybe(text), usage: USAGE, features: maybe(listOf(text)) }),
  },
  EndJob: { jobId: key, outcome, projectId: maybe(key) },
  ExtendJob: { jobId: key, projectId: maybe(key) },
  GrantCredits: {
    grantId: key,
    formerGrantId: maybe(key),
    kind,
    credits: number,
    scope: maybe(listOf(text)),
    expiresAt: maybe(text),
    reason: text,
  },
  RevokeCredits: { grantId: key, reason: text },
  OpenOrganization: { currency: text, plan: maybe(text) },
  SetPlan: { plan: maybe(text), anchor: maybe(text) },
  SetOverage: { overage: text },
  SetBudgetCap: { target: SHAPES.BudgetCapSet['target']!, credits: maybe(number) },
  ChangeSettings: { settings: isObject },
  SetProjectRetention: { projectId: key, days: maybe(days) },
  ReportUsage: { limit: key, projectId: maybe(key), value: number },
  SealHistory: { upTo: number, digest: text },
  CloseJobWindow: {},
  Tick: {},
};
const COMMAND_CHECKS = new Map(
  Object.entries(COMMANDS).map(([type, shape]) => [type, wrongMemberOf({ ...METADATA, ...shape })]),
);

/** A command whose members are of wrong types is refused before its lane: there it would throw and stop its organization. */
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
