import { notFound, unavailable, unknownOutcome, type Problem, type ProblemResult } from '@tallystick/contracts/http';
import type { OutcomeResponse, SubmissionResponse } from '@tallystick/contracts/intake';
import {
  problemOfRefusal,
  type EndReply,
  type Refused,
  type SubmitReply,
  type Unavailable,
} from '@tallystick/contracts/ledger';

/** A body with its status, for a job alone or in a batch. */
export interface HttpResponse<Body> {
  readonly status: 200 | 202;
  readonly body: Body;
}

/** Throws the Problem of a reply that is none. */
export function submissionResponse(
  jobId: string,
  reply: SubmitReply,
  billingUrl: string,
): HttpResponse<SubmissionResponse> {
  if (reply.kind !== 'reserved') throw problemOf(reply, billingUrl);
  const { credits, draws, ended, revision, repeated } = reply;
  const end = ended ? ({ ...ended, outcomeWasWaiting: true } as const) : ({ status: 'reserved' } as const);
  return { status: repeated ? 200 : 202, body: { jobId, ...end, credits, draws, revision } };
}

/** Throws the Problem of a reply that is none. An outcome that waits for its job is accepted (202). */
export function outcomeResponse(jobId: string, reply: EndReply, billingUrl: string): HttpResponse<OutcomeResponse> {
  if (reply.kind === 'remembered')
    return {
      status: 202,
      body: { jobId, status: 'remembered', consumed: 0, refunded: 0, revision: reply.revision },
    };
  if (reply.kind !== 'ended') throw problemOf(reply, billingUrl);
  const { status, consumed, refunded, writtenOff, revision, contradicted } = reply;
  const note = contradicted && {
    contradicted,
    detail: 'Another outcome came first and stays. Nothing was moved.',
  };
  return { status: 200, body: { jobId, status, consumed, refunded, writtenOff, revision, ...note } };
}

export function problemOf(reply: Refused | Unavailable, billingUrl: string): Problem {
  if (reply.kind === 'unavailable')
    return reply.code === 'unavailable' ? unavailable(reply.message) : unknownOutcome(reply.message);
  const { refusal, stream, revision } = reply;
  // (without the decision, which would show that the organization exists)
  if (refusal.code === 'not_found') return notFound('job');
  return problemOfRefusal(refusal, { billingUrl, ...(stream !== undefined && { decision: { stream, revision } }) });
}

/** A problem as the result of an item of a batch: like its answer alone, with its status in `httpStatus` too. */
export function problemResult(problem: Problem, jobId: string | undefined): ProblemResult {
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
