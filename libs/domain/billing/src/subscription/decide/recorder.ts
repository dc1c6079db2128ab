import type { EventMetadata, Instant } from '@tallystick/domain/kernel';
import type { BillingPolicy } from '../../policy';
import type { BillingRefusal } from '../../refusals';
import type { BillingAnswer, BillingCommand, BillingDecision } from '../commands';
import type { BillingEvent, BillingEventType, BillingFacts } from '../events';
import type { BillingAccount } from '../state';

/** Everything that a decision depends on. */
export interface BillingContext {
  readonly policy: BillingPolicy;
  readonly account: BillingAccount;
  /** Time of the decision. It never runs backwards. */
  readonly now: Instant;
  /** When it fell due; `now` for what a command asks for. */
  readonly at: Instant;
  readonly record: <Type extends BillingEventType>(type: Type, data: BillingFacts[Type]) => BillingEvent;
}

/** The close of a period proves that the ledger's time has reached its end, even if this clock is behind. */
const atLeast = (command: BillingCommand): Instant =>
  command.type === 'ClosePeriod' && command.end > command.now ? command.end : command.now;

/** `dueAt`: for events that fell due. They are recorded without an actor: the command only triggered them. */
export function contextOf(
  policy: BillingPolicy,
  command: BillingCommand,
  account: BillingAccount,
  dueAt?: Instant,
): BillingContext {
  const time = atLeast(command);
  const now = time < account.now ? account.now : time;
  const metadata: EventMetadata = {
    schemaVersion: 1,
    occurredAt: dueAt ?? command.occurredAt ?? now,
    recordedAt: now,
    correlationId: command.correlationId,
    causationId: command.causationId,
    actor: dueAt === undefined ? command.actor : undefined,
  };
  return { policy, account, now, at: dueAt ?? now, record: (type, data) => ({ type, data, metadata }) as BillingEvent };
}

export const refused = (refusal: BillingRefusal): BillingDecision => ({
  events: [],
  answer: { kind: 'refused', refusal },
});
export const decided = (
  events: readonly BillingEvent[],
  answer: BillingAnswer = { kind: 'done' },
): BillingDecision => ({
  events,
  answer,
});
export const REPEATED: BillingDecision = { events: [], answer: { kind: 'done', repeated: true } };
