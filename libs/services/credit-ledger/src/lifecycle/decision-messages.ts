import type { LifecycleEvent } from '@tallystick/contracts/intake';
import type { JobDecision } from '@tallystick/contracts/ledger';
import { jobResultOf, type Answer } from '@tallystick/domain/ledger';
import type { CommandResult, Message, ReceivedMessage } from '@tallystick/eventing';
import { decisionPoint } from '../commands/ledger-mapping';

/** A message and what became of it. */
export interface Decided {
  readonly message: ReceivedMessage;
  readonly event: LifecycleEvent;
  readonly outcome: CommandResult<Answer>;
}
type Submitted = Extract<LifecycleEvent, { type: 'tallystick.job.submitted' }>;

/** The answer to a submission on jobs.decisions. Other events have no answer. */
export function decisionMessage(event: LifecycleEvent, outcome: CommandResult<Answer>): readonly Message[] {
  if (event.type !== 'tallystick.job.submitted') return [];
  const decision = decisionOf(event, outcome);
  const value = Buffer.from(JSON.stringify(decision));
  return [{ key: decision.organizationId, value, headers: { type: decision.type } }];
}

/** A refused submission is answered by its decision; anything else that is refused would be lost without a trace. */
export function whyRefused(event: LifecycleEvent, { answer }: CommandResult<Answer>): string | undefined {
  if (answer.kind !== 'refused' || event.type === 'tallystick.job.submitted') return undefined;
  return `${answer.refusal.code}: ${answer.refusal.message}`;
}

function decisionOf(event: Submitted, { answer, revision }: CommandResult<Answer>): JobDecision {
  const { organizationId, projectId, id: jobId } = event.data;
  const common = { organizationId, projectId: projectId ?? 'default', jobId, eventId: event.id };
  if (answer.kind === 'refused') {
    const { refusal } = answer;
    return {
      ...common,
      type: 'tallystick.job.refused',
      code: refusal.code,
      refusal,
      decision: decisionPoint(organizationId, revision),
    };
  }
  if (answer.kind !== 'reserved') throw new Error(`A submission was answered with ${answer.kind}.`);
  const { credits, draws, ended, repeated } = answer;
  const decision = decisionPoint(organizationId, repeated?.revision ?? ended?.reservedAt ?? revision);
  return {
    ...common,
    type: 'tallystick.job.accepted',
    ...(ended ? { ...jobResultOf(ended), outcomeWasWaiting: true } : { status: 'reserved' }),
    credits,
    draws,
    repeated: repeated !== undefined,
    decision,
  };
}
