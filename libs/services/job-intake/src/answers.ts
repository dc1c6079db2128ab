import { notFound, Problem, unavailable, unknownOutcome } from '@tallystick/contracts/http';
import {
  problemOfRefusal,
  type EndReply,
  type Refused,
  type SubmitReply,
  type Unavailable,
} from '@tallystick/contracts/ledger';
import { streamOf } from '@tallystick/domain/ledger';

/** What an HTTP caller gets for one job, alone or in its place of a batch. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly organizationId: string;
  readonly jobId: string;
}

export function submitAnswer(asked: Asked, reply: SubmitReply, billingUrl: string): HttpAnswer {
  if (reply.kind !== 'reserved') throw problemOf(asked, reply, billingUrl);
  const { credits, draws, ended, revision, repeated } = reply;
  const how = ended ? { ...ended, outcomeWasWaiting: true } : { status: 'reserved' };
  const body = { jobId: asked.jobId, ...how, credits, draws, revision };
  return { status: repeated ? 200 : 202, body };
}

/** An outcome that came before its job waits for it: accepted, not done. */
export function endAnswer(asked: Asked, reply: EndReply, billingUrl: string): HttpAnswer {
  const { jobId } = asked;
  if (reply.kind === 'remembered')
    return {
      status: 202,
      body: { jobId, status: 'remembered', consumed: 0, refunded: 0, revision: reply.revision },
    };
  if (reply.kind !== 'ended') throw problemOf(asked, reply, billingUrl);
  const { status, consumed, refunded, writtenOff, revision, contradicted } = reply;
  const note = contradicted && {
    contradicted,
    detail: 'Another outcome came first, and it stands. Nothing was moved.',
  };
  return { status: 200, body: { jobId, status, consumed, refunded, writtenOff, revision, ...note } };
}

export function problemOf({ organizationId }: Asked, reply: Refused | Unavailable, billingUrl: string): Problem {
  if (reply.kind === 'unavailable')
    return reply.code === 'unavailable' ? unavailable(reply.message) : unknownOutcome(reply.message);
  // As if it were not there: nothing of the organization's stream is said.
  if (reply.refusal.code === 'not_found') return notFound('job');
  const decision = { stream: streamOf(organizationId), revision: reply.revision };
  return problemOfRefusal(reply.refusal, { billingUrl, decision });
}

/** A problem in its place of a batch: as the answer to the job alone, and its status also where other results have theirs. */
export function problemResult(problem: Problem, jobId: string | undefined): Readonly<Record<string, unknown>> {
  const { status, code, title, detail, members } = problem;
  return {
    ...(jobId !== undefined && { jobId }),
    type: `/docs/problems#${code}`,
    title,
    status,
    httpStatus: status,
    detail,
    code,
    ...members,
  };
}
