import type {
  CommandReply,
  DecisionPoint,
  Ending,
  EndReply,
  HeartbeatReply,
  JobReference,
  PlanReply,
  Refused,
  Submission,
  SubmitReply,
} from '@tallystick/contracts/ledger';
import {
  jobResultOf,
  streamOf,
  type Answer,
  type Command,
  type CommandMetadata,
  type CommandOf,
  type Refusal,
} from '@tallystick/domain/ledger';
import type { CommandResult } from '@tallystick/eventing';

// Types of the contracts to commands of the domain, and its answers to replies: the same for HTTP, bus and calls in the process.

type Traced = Pick<Submission, 'occurredAt' | 'actor' | 'correlationId' | 'causationId'>;

const metadataOf = ({ occurredAt, actor, correlationId, causationId }: Traced, now: string): CommandMetadata => ({
  now,
  occurredAt,
  actor,
  correlationId,
  causationId,
});

export function submitCommand(submission: Submission, now: string): CommandOf<'SubmitJob'> {
  const { jobId, projectId, apiKeyId, operation, usage, features, hasDetails } = submission;
  const job = { operation, usage, features };
  return { ...metadataOf(submission, now), type: 'SubmitJob', jobId, projectId, apiKeyId, job, hasDetails };
}

export const endCommand = (ending: Ending, now: string): CommandOf<'EndJob'> => ({
  ...metadataOf(ending, now),
  type: 'EndJob',
  jobId: ending.jobId,
  outcome: ending.outcome,
  projectId: ending.projectId,
});

export const extendCommand = (job: JobReference & Traced, now: string): CommandOf<'ExtendJob'> => ({
  ...metadataOf(job, now),
  type: 'ExtendJob',
  jobId: job.jobId,
  projectId: job.projectId,
});

export function submitReply(organizationId: string, { answer, revision }: CommandResult<Answer>): SubmitReply {
  if (answer.kind === 'refused') return refused(answer.refusal, decisionPoint(organizationId, revision));
  if (answer.kind !== 'reserved') throw unexpected('SubmitJob', answer);
  const { credits, draws, ended, repeated } = answer;
  return {
    kind: 'reserved',
    credits,
    draws,
    ...(ended && { ended: jobResultOf(ended) }),
    revision: repeated?.revision ?? ended?.reservedAt ?? revision,
    repeated: repeated !== undefined,
  };
}

export function endReply(organizationId: string, { answer, revision }: CommandResult<Answer>): EndReply {
  if (answer.kind === 'refused') return refused(answer.refusal, decisionPoint(organizationId, revision));
  if (answer.kind === 'remembered') return { kind: 'remembered', revision };
  if (answer.kind !== 'ended') throw unexpected('EndJob', answer);
  const { status, consumed, refunded, writtenOff, repeated } = answer;
  return {
    kind: 'ended',
    status,
    consumed,
    refunded,
    writtenOff,
    revision: repeated?.revision ?? revision,
    repeated: repeated !== undefined,
    contradicted: repeated?.contradicted ?? false,
  };
}

export function heartbeatReply(organizationId: string, { answer, revision }: CommandResult<Answer>): HeartbeatReply {
  if (answer.kind === 'refused') return refused(answer.refusal, decisionPoint(organizationId, revision));
  if (answer.kind === 'extended') return { kind: 'extended', expiresAt: answer.expiresAt, revision };
  return { kind: 'idle', revision };
}

export function planReply(organizationId: string, { answer, revision }: CommandResult<Answer>): PlanReply {
  if (answer.kind === 'refused') return refused(answer.refusal, decisionPoint(organizationId, revision));
  if (answer.kind !== 'plan-applied') throw unexpected('ApplyPlanPayment', answer);
  const { repeated, ...applied } = answer;
  return { ...applied, revision: repeated?.revision ?? revision, repeated: repeated !== undefined };
}

export function commandReply(
  command: Command['type'],
  organizationId: string,
  { answer, revision }: CommandResult<Answer>,
): CommandReply {
  if (answer.kind === 'refused') return refused(answer.refusal, decisionPoint(organizationId, revision));
  if (answer.kind !== 'done') throw unexpected(command, answer);
  const { repeated } = answer;
  return { kind: 'done', revision: repeated?.revision ?? revision, repeated: repeated !== undefined };
}

/** Where an organization's decision was made. */
export const decisionPoint = (organizationId: string, revision: number): DecisionPoint => ({
  stream: streamOf(organizationId),
  revision,
});

// (a code of the domain that the contracts do not have does not compile here)
const refused = (refusal: Refusal, decision: DecisionPoint): Refused => ({ kind: 'refused', refusal, ...decision });

const unexpected = (command: Command['type'], answer: Answer): Error =>
  new Error(`${command} was answered with ${answer.kind}.`);
