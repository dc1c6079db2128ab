import type { JobDecision, LifecycleEvent } from '@tallystick/contracts';
import { streamOf, type Answer } from '@tallystick/domain/ledger';
import type { Outcome, ReceivedMessage } from '@tallystick/eventing';

/** A message and what became of it; no outcome where there was nothing to decide. */
export interface Decided {
  readonly message: ReceivedMessage;
  readonly event: LifecycleEvent;
  readonly outcome?: Outcome<Answer> | 'stopped';
}

/** What the producer of a submission is told on jobs.decisions. */
export function decisionOf(
  event: LifecycleEvent,
  outcome: NonNullable<Decided['outcome']>,
): JobDecision | undefined {
  if (event.type !== 'tallystick.job.submitted' || outcome === 'stopped') return undefined;
  const { organizationId, projectId, id: jobId } = event.data;
  const { answer, revision } = outcome;
  const common = { organizationId, projectId: projectId ?? 'default', jobId, eventId: event.id };
  const stream = streamOf(organizationId);
  if (answer.kind === 'refused') {
    const { refusal } = answer;
    return {
      ...common,
      type: 'tallystick.job.refused',
      code: refusal.code,
      refusal,
      decision: { stream, revision },
    };
  }
  if (answer.kind !== 'reserved') throw new Error(`A submission was answered with ${answer.kind}.`);
  const { credits, draws, repeated } = answer;
  const decision = { stream, revision: repeated?.revision ?? revision };
  return {
    ...common,
    type: 'tallystick.job.accepted',
    credits,
    draws,
    repeated: repeated !== undefined,
    decision,
  };
}
