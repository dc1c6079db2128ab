import type {
  Ending,
  EndReply,
  HeartbeatReply,
  JobReference,
  Submission,
  SubmitReply,
} from '@tallystick/contracts/ledger';
import {
  jobResultOf,
  type Answer,
  type Command,
  type CommandMetadata,
  type CommandOf,
} from '@tallystick/domain/ledger';
import type { CommandResult } from '@tallystick/eventing';

// What crosses the service's border, and what the domain decides: one table for HTTP, bus and process.

type Told = CommandResult<Answer>;
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

export function submitReply({ answer, revision }: Told): SubmitReply {
  if (answer.kind === 'refused') return { ...answer, revision };
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

export function endReply({ answer, revision }: Told): EndReply {
  if (answer.kind === 'refused') return { ...answer, revision };
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

export function heartbeatReply({ answer, revision }: Told): HeartbeatReply {
  if (answer.kind === 'refused') return { ...answer, revision };
  if (answer.kind === 'extended') return { kind: 'extended', expiresAt: answer.expiresAt, revision };
  return { kind: 'idle', revision };
}

const unexpected = (command: Command['type'], answer: Answer): Error =>
  new Error(`${command} was answered with ${answer.kind}.`);
