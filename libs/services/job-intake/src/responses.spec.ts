import { Problem } from '@tallystick/contracts/http';
import type { EndReply, LedgerRefusalCode, SubmitReply } from '@tallystick/contracts/ledger';
import { outcomeResponse, problemOf, problemResult, submissionResponse, type HttpResponse } from './responses';

const JOB = 'job';
const BILLING = 'https://example.test/billing';
const statusOf = (answer: () => HttpResponse<unknown>): number => {
  try {
    return answer().status;
  } catch (error) {
    if (error instanceof Problem) return error.status;
    throw error;
  }
};
const refused = (code: LedgerRefusalCode) =>
  ({ kind: 'refused', refusal: { code, message: 'No.' }, revision: 4 }) as const;
const reserved = { kind: 'reserved', credits: 3, draws: [], revision: 4 } as const;
const ended = {
  kind: 'ended',
  status: 'consumed',
  consumed: 3,
  refunded: 0,
  writtenOff: 0,
  revision: 5,
} as const;

describe('the response to a submission', () => {
  test.each<[string, SubmitReply, number]>([
    ['reserved now', { ...reserved, repeated: false }, 202],
    ['reserved before', { ...reserved, repeated: true }, 200],
    ['unknown organization', refused('unknown_organization'), 404],
    ['not ratable', refused('invalid_job'), 422],
    ['another job of this id', refused('job_conflict'), 409],
    ['older than the window', refused('stale_job'), 409],
    ['too many open jobs', refused('too_many_jobs'), 429],
    ['a usage limit', refused('usage_limit_exceeded'), 403],
    ['a budget cap', refused('budget_cap_exceeded'), 402],
    ['no credits', refused('insufficient_credits'), 402],
    ['not decided', { kind: 'unavailable', code: 'unavailable', message: 'Again.' }, 503],
  ])('%s', (_, reply, status) => {
    expect(statusOf(() => submissionResponse(JOB, reply, BILLING))).toBe(status);
  });

  test.each([
    ['unavailable', 'unavailable'],
    ['unknown_outcome', 'unknown_outcome'],
    [undefined, 'unknown_outcome'],
  ] as const)('a reply with code %s is a 503 %s with a retry time', (given, code) => {
    const reply = { kind: 'unavailable', code: given, message: 'Again.' } as const;
    expect(problemOf(reply, BILLING)).toMatchObject({ status: 503, code, members: { retryAfter: 2 } });
  });

  test('a repetition has the body of the first response', () => {
    const first = submissionResponse(JOB, { ...reserved, repeated: false }, BILLING);
    expect(submissionResponse(JOB, { ...reserved, repeated: true }, BILLING).body).toEqual(first.body);
  });
});

describe('the response to an outcome', () => {
  test.each<[string, EndReply, number]>([
    ['ended now', { ...ended, repeated: false, contradicted: false }, 200],
    ['ended before', { ...ended, repeated: true, contradicted: false }, 200],
    ['ended otherwise before', { ...ended, repeated: true, contradicted: true }, 200],
    ['waits for its submission', { kind: 'remembered', revision: 3 }, 202],
    ['usage that cannot be rated', refused('invalid_job'), 422],
    ['too many waiting outcomes', refused('too_many_jobs'), 429],
    ['not decided', { kind: 'unavailable', message: 'Again.' }, 503],
  ])('%s', (_, reply, status) => {
    expect(statusOf(() => outcomeResponse(JOB, reply, BILLING))).toBe(status);
  });
});

test('a problem in a batch has the members of the problem alone', () => {
  const problem = new Problem(402, { code: 'insufficient_credits', title: 'Insufficient credits' }, 'No.', {
    success: false,
    error: 'Insufficient credits',
  });
  expect(problemResult(problem, 'job')).toEqual({
    jobId: 'job',
    type: '/docs/problems#insufficient_credits',
    title: 'Insufficient credits',
    status: 402,
    httpStatus: 402,
    detail: 'No.',
    code: 'insufficient_credits',
    success: false,
    error: 'Insufficient credits',
  });
});
