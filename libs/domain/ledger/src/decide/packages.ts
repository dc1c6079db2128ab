import { isInstant } from '@tallystick/domain/kernel';
import type { CommandOf, LedgerDecision } from '../commands';
import type { LedgerEvent } from '../events';
import { usableUntil, type Grant } from '../state/balance';
import { isSoldGrantId } from '../state/grant-ids';
import type { Ledger } from '../state/ledger';
import { DONE, decisionTime, invalidCommand, recorder, type Recorder } from './recorder';

/** The packages of the subscription: those of paid invoices that have not ended. */
export const subscriptionPackages = ({ balance }: Ledger): Grant[] =>
  [...balance.grants.values()].filter(
    ({ grantId, kind, ended }) => kind === 'package' && ended === undefined && isSoldGrantId(grantId),
  );

export const expire = (record: Recorder, grants: readonly Grant[]): LedgerEvent[] =>
  grants.map(({ grantId, available }) => record('CreditsExpired', { grantId, credits: available }));

/** Takes the grace from the grants that have one. */
export const endGrace = (record: Recorder, grants: readonly Grant[]): LedgerEvent[] =>
  grants
    .filter(({ graceUntil }) => graceUntil !== undefined)
    .map(({ grantId }) => record('GrantGraceSet', { grantId }));

/** Expires what is available of a grant. Reserved credits stay with their jobs. */
export function endGrant(command: CommandOf<'EndGrant'>, ledger: Ledger): LedgerDecision {
  const { grantId } = command;
  const given = ledger.given.get(grantId);
  if (!given) return invalidCommand('grantId', 'known', `There is no grant ${grantId}. Give the id of a grant.`);
  const grant = ledger.balance.grants.get(grantId);
  if (!grant || grant.ended !== undefined) return { events: [], answer: { kind: 'done', repeated: given } };
  return { events: expire(recorder(command, ledger), [grant]), answer: DONE };
}

/** A grant that is past its new end expires in the same append. */
export function setGrantGrace(command: CommandOf<'SetGrantGrace'>, ledger: Ledger): LedgerDecision {
  const { grantIds, graceUntil } = command;
  if (graceUntil !== undefined && !isInstant(graceUntil))
    return invalidCommand('graceUntil', 'time', 'Give a time, such as 2030-01-31T00:00:00.000Z, or none.');
  const wanted = grantIds && new Set(grantIds);
  const changed = subscriptionPackages(ledger).filter(
    (grant) => grant.graceUntil !== graceUntil && (wanted === undefined || wanted.has(grant.grantId)),
  );
  const record = recorder(command, ledger);
  const now = decisionTime(command, ledger);
  const past = changed.filter((grant) => (usableUntil({ ...grant, graceUntil }) ?? '~') <= now);
  return {
    events: [
      ...changed.map(({ grantId }) => record('GrantGraceSet', { grantId, graceUntil })),
      ...expire(record, past),
    ],
    answer: DONE,
  };
}
