import { isCredits, isId, isInstant, MAX_CREDITS, plural } from '@tallystick/domain/kernel';
import type { CommandOf, LedgerDecision } from '../commands';
import type { Policy } from '../policy';
import { isReservedGrantId, isSoldGrantId, RESERVED_GRANT_PREFIXES } from '../state/grant-ids';
import type { GrantTerms, Ledger } from '../state/ledger';
import { isSame } from './rated-fields';
import { DONE, decisionTime, invalidCommand, recorder, refused } from './recorder';

export function grantCredits(policy: Policy, command: CommandOf<'GrantCredits'>, ledger: Ledger): LedgerDecision {
  const { grantId, formerGrantId } = command;
  // Checked before repetitions: a grant that a rule created cannot be repeated by hand.
  const wrongId = command.sold ? unsoldId(grantId) : reservedId(grantId);
  if (wrongId) return wrongId;
  const given = ledger.given.get(grantId) ?? ledger.given.get(formerGrantId ?? grantId);
  if (given) return repeatGrant(command, given);
  return invalidGrant(policy, command, ledger) ?? grant(command, ledger);
}

function grant(command: CommandOf<'GrantCredits'>, ledger: Ledger): LedgerDecision {
  const { grantId, kind, credits, scope, expiresAt, paid, reason } = command;
  const record = recorder(command, ledger);
  const hasEnded = expiresAt !== undefined && expiresAt <= decisionTime(command, ledger);
  return {
    events: [
      record('CreditsGranted', { grantId, kind, credits, scope, expiresAt, paid, reason }),
      ...(hasEnded ? [record('CreditsExpired', { grantId, credits })] : []),
    ],
    answer: DONE,
  };
}

function reservedId(grantId: string): LedgerDecision | undefined {
  if (isReservedGrantId(grantId))
    return invalidCommand(
      'grantId',
      'reserved',
      `Ids that start with ${RESERVED_GRANT_PREFIXES.join(', ')} are kept for grants that are given by a rule. Choose another id.`,
    );
  if (isId(grantId)) return undefined;
  return invalidCommand(
    'grantId',
    'id',
    'The id of a grant has letters, digits, dots, underscores, colons and hyphens only.',
  );
}

const unsoldId = (grantId: string): LedgerDecision | undefined =>
  isSoldGrantId(grantId)
    ? undefined
    : invalidCommand('grantId', 'sold', 'Credits that were sold have the id invoice:{invoiceId}:{line}.');

function invalidGrant(policy: Policy, command: CommandOf<'GrantCredits'>, ledger: Ledger): LedgerDecision | undefined {
  const { kind, credits, scope, expiresAt, paid, sold } = command;
  if (!isCredits(credits) || credits < 1)
    return invalidCommand('credits', 'range', `Give a whole number of credits from 1 to ${MAX_CREDITS}.`);
  if (kind === 'pay-as-you-go')
    return invalidCommand('kind', 'grantable', 'Pay-as-you-go credits are granted by the ledger itself, job by job.');
  // Credits that were sold are granted even if they have expired since: what is paid is granted.
  const isLate = expiresAt !== undefined && !sold && expiresAt <= decisionTime(command, ledger);
  if (isLate || (expiresAt !== undefined && !isInstant(expiresAt)))
    return invalidCommand(
      'expiresAt',
      'future',
      'Choose a time that is still to come, such as 2030-01-31T00:00:00.000Z.',
    );
  if (kind === 'package' && expiresAt === undefined)
    return invalidCommand(
      'expiresAt',
      'required',
      'A package ends with its period. Give the time at which this one ends, such as 2030-01-31T00:00:00.000Z.',
    );
  if (scope?.length === 0)
    return invalidCommand('scope', 'empty', 'Name at least one operation, or leave the scope out.');
  const unknown = scope?.find((operation) => !policy.catalog.operations.has(operation));
  if (unknown !== undefined) return invalidCommand('scope', 'operation', `The catalog has no operation ${unknown}.`);
  return invalidTotal(ledger, credits) ?? invalidPaid(paid, 'paid');
}

export const invalidTotal = (ledger: Ledger, credits: number): LedgerDecision | undefined =>
  ledger.balance.granted + credits > Number.MAX_SAFE_INTEGER / 2
    ? invalidCommand('credits', 'total', 'The organization cannot hold that many credits.')
    : undefined;

export function invalidPaid(paid: GrantTerms['paid'], field: string): LedgerDecision | undefined {
  if (paid == null || (Number.isSafeInteger(paid.amount) && paid.amount >= 0 && /^[A-Z]{3}$/.test(paid.currency)))
    return undefined;
  const message = 'Give an amount in minor units, 0 or more, and a currency of three capitals, such as USD.';
  return invalidCommand(field, 'money', message);
}

function repeatGrant(command: CommandOf<'GrantCredits'>, given: GrantTerms): LedgerDecision {
  if (!isSame(termsOf(command), termsOf(given))) return grantConflict(command.grantId, given);
  return { events: [], answer: { kind: 'done', repeated: { revision: given.revision } } };
}

export function grantConflict(grantId: string, given: GrantTerms): LedgerDecision {
  const message = `Grant ${grantId} was given before as ${describeTerms(given)}. Use a new id for a new grant.`;
  return refused({ code: 'grant_conflict', field: 'grantId', rule: 'sameGrant', message });
}

/** True if the grant has the terms, regardless of scope and expiry. */
export const isSameGrant = (given: GrantTerms, { kind, credits, paid }: Omit<GrantTerms, 'revision'>): boolean =>
  isSame(termsOf({ kind, credits, paid }), termsOf({ kind: given.kind, credits: given.credits, paid: given.paid }));

/** The terms that must match in a repeated command. The reason may differ; operations are a set. */
const termsOf = ({ kind, credits, scope, expiresAt, paid }: Omit<GrantTerms, 'revision'>) => ({
  ...{ kind, credits, expiresAt },
  scope: scope && [...new Set(scope)].sort(),
  paid: paid && { amount: paid.amount, currency: paid.currency },
});

function describeTerms({ kind, credits, scope, expiresAt, paid }: GrantTerms): string {
  const operations = scope === undefined ? 'all operations' : scope.join(', ');
  const end = expiresAt === undefined ? 'without end' : `until ${expiresAt}`;
  const price = paid === undefined ? '' : `, paid with ${paid.amount} minor units of ${paid.currency}`;
  return `${plural(credits, 'credit')} of kind ${kind} for ${operations}, ${end}${price}`;
}

/** Revokes available credits now. Reserved credits stay with their jobs and are revoked when they are refunded. */
export function revokeCredits(command: CommandOf<'RevokeCredits'>, ledger: Ledger): LedgerDecision {
  const { grantId, reason, cause } = command;
  const given = ledger.given.get(grantId);
  if (!given)
    return invalidCommand(
      'grantId',
      'known',
      `There is no grant ${grantId}. See the organization's balance for its grants.`,
    );
  const held = ledger.balance.grants.get(grantId);
  if (!held || held.ended !== undefined) return { events: [], answer: { kind: 'done', repeated: given } };
  return {
    events: [recorder(command, ledger)('CreditsRevoked', { grantId, credits: held.available, reason, cause })],
    answer: DONE,
  };
}
