import { isCredits, isId, isInstant, MAX_CREDITS, plural } from '@tallystick/domain/kernel';
import type { CommandOf, LedgerDecision } from '../commands';
import type { Policy } from '../policy';
import { isReservedGrantId, RESERVED_GRANT_PREFIXES } from '../state/grant-ids';
import type { GrantTerms, Ledger } from '../state/ledger';
import { isSame } from './rated-fields';
import { DONE, decisionTime, invalidCommand, recorder, refused } from './recorder';

export function grantCredits(policy: Policy, command: CommandOf<'GrantCredits'>, ledger: Ledger): LedgerDecision {
  const { grantId, formerGrantId, kind, credits, scope, expiresAt, reason } = command;
  // Checked before repetitions: a grant that a rule created cannot be repeated by hand.
  if (isReservedGrantId(grantId))
    return invalidCommand(
      'grantId',
      'reserved',
      `Ids that start with ${RESERVED_GRANT_PREFIXES.join(', ')} are kept for grants that are given by a rule. Choose another id.`,
    );
  const given = ledger.given.get(grantId) ?? ledger.given.get(formerGrantId ?? grantId);
  if (given) return repeatGrant(command, given);
  if (!isId(grantId))
    return invalidCommand(
      'grantId',
      'id',
      'The id of a grant has letters, digits, dots, underscores, colons and hyphens only.',
    );
  if (!isCredits(credits) || credits < 1)
    return invalidCommand('credits', 'range', `Give a whole number of credits from 1 to ${MAX_CREDITS}.`);
  if (kind === 'pay-as-you-go')
    return invalidCommand('kind', 'grantable', 'Pay-as-you-go credits are granted by the ledger itself, job by job.');
  if (expiresAt !== undefined && (!isInstant(expiresAt) || expiresAt <= decisionTime(command, ledger)))
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
  if (ledger.balance.granted + credits > Number.MAX_SAFE_INTEGER / 2)
    return invalidCommand('credits', 'total', 'The organization cannot hold that many credits.');
  return {
    events: [recorder(command, ledger)('CreditsGranted', { grantId, kind, credits, scope, expiresAt, reason })],
    answer: DONE,
  };
}

function repeatGrant(command: CommandOf<'GrantCredits'>, given: GrantTerms): LedgerDecision {
  if (isSame(termsOf(command), termsOf(given)))
    return { events: [], answer: { kind: 'done', repeated: { revision: given.revision } } };
  const message = `Grant ${command.grantId} was given before as ${describeTerms(given)}. Use a new id for a new grant.`;
  return refused({ code: 'grant_conflict', field: 'grantId', rule: 'sameGrant', message });
}

/** The terms that must match in a repeated command. The reason may differ; operations are a set. */
const termsOf = ({ kind, credits, scope, expiresAt }: Omit<GrantTerms, 'revision'>) => ({
  ...{ kind, credits, expiresAt },
  scope: scope && [...new Set(scope)].sort(),
});

function describeTerms({ kind, credits, scope, expiresAt }: GrantTerms): string {
  const operations = scope === undefined ? 'all operations' : scope.join(', ');
  const end = expiresAt === undefined ? 'without end' : `until ${expiresAt}`;
  return `${plural(credits, 'credit')} of kind ${kind} for ${operations}, ${end}`;
}

/** Revokes available credits now. Reserved credits stay with their jobs and are revoked when they are refunded. */
export function revokeCredits(command: CommandOf<'RevokeCredits'>, ledger: Ledger): LedgerDecision {
  const { grantId, reason } = command;
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
    events: [recorder(command, ledger)('CreditsRevoked', { grantId, credits: held.available, reason })],
    answer: DONE,
  };
}
