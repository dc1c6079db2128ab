import { problemOfRefusal, REFUSAL_STATUS, type LedgerRefusal } from './index';

const context = {
  billingUrl: 'https://example.test/billing',
  decision: { stream: 'credits-org', revision: 7 },
};
const refusal = (code: string, more: Partial<LedgerRefusal> = {}): LedgerRefusal => ({
  code,
  message: 'Do this next.',
  ...more,
});

describe('a "no" of the ledger over HTTP', () => {
  test('402 in the words that callers already look for', () => {
    const insufficient = problemOfRefusal(refusal('insufficient_credits', { required: 5, available: 3 }), context);
    expect(insufficient).toMatchObject({
      status: 402,
      code: 'insufficient_credits',
      detail: 'Do this next.',
    });
    expect(insufficient.members).toEqual({
      success: false,
      error: 'Insufficient credits',
      billing_url: context.billingUrl,
      required: 5,
      available: 3,
      decision: context.decision,
    });
    const capped = problemOfRefusal(refusal('budget_cap_exceeded', { required: 5, maximum: 10, used: 8 }), context);
    expect(capped.status).toBe(402);
    expect(capped.members).toMatchObject({
      success: false,
      error: 'Budget cap exceeded',
      maximum: 10,
      used: 8,
    });
    expect(capped.members).not.toHaveProperty('billing_url');
  });

  test('403 names the limit, its maximum and what is used', () => {
    const problem = problemOfRefusal(
      refusal('usage_limit_exceeded', { limit: 'requests', maximum: 100, used: 100 }),
      context,
    );
    expect(problem.status).toBe(403);
    expect(problem.members).toMatchObject({ limit: 'requests', maximum: 100, used: 100 });
  });

  test('422 names every field', () => {
    const problems = [{ field: 'operation', rule: 'unknown', message: 'No such operation.' }];
    expect(problemOfRefusal(refusal('invalid_job', { problems }), context)).toMatchObject({
      status: 422,
      detail: 'operation: No such operation.',
      members: { errors: problems },
    });
    const one = problemOfRefusal(refusal('invalid_command', { field: 'plan', rule: 'known' }), context);
    expect(one.members.errors).toEqual([{ field: 'plan', rule: 'known', message: 'Do this next.' }]);
  });

  test.each(Object.entries(REFUSAL_STATUS))('%s is %i', (code, status) => {
    expect(problemOfRefusal(refusal(code), context).status).toBe(status);
  });
});
