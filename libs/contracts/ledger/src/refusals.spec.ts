import { problemOfRefusal, REFUSALS, type LedgerRefusal, type LedgerRefusalCode } from './index';

const context = {
  billingUrl: 'https://example.test/billing',
  decision: { stream: 'credits-org', revision: 7 },
};
const refusal = (code: LedgerRefusalCode, more: Partial<LedgerRefusal> = {}): LedgerRefusal => ({
  code,
  message: 'Do this next.',
  ...more,
});

describe('a refusal of the ledger over HTTP', () => {
  test('a 402 has the members that existing clients read', () => {
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

  test('a 403 has the limit, its maximum and the used amount', () => {
    const problem = problemOfRefusal(
      refusal('usage_limit_exceeded', { limit: 'requests', maximum: 100, used: 100 }),
      context,
    );
    expect(problem.status).toBe(403);
    expect(problem.members).toMatchObject({ limit: 'requests', maximum: 100, used: 100 });
  });

  test('a 422 lists every field', () => {
    const problems = [{ field: 'operation', rule: 'unknown', message: 'No such operation.' }];
    expect(problemOfRefusal(refusal('invalid_job', { problems }), context)).toMatchObject({
      status: 422,
      detail: 'operation: No such operation.',
      members: { errors: problems },
    });
    const one = problemOfRefusal(refusal('invalid_command', { field: 'plan', rule: 'known' }), context);
    expect(one.members.errors).toEqual([{ field: 'plan', rule: 'known', message: 'Do this next.' }]);
  });

  const statuses = Object.entries(REFUSALS).map(([code, { status }]) => [code, status] as const);
  test.each(statuses)('%s is %i', (code, status) => {
    const problem = problemOfRefusal(refusal(code as LedgerRefusalCode), context);
    expect(problem).toMatchObject({ status, code, title: REFUSALS[code as LedgerRefusalCode].title });
  });
});

test('a code of a later ledger is still a problem with its message', () => {
  const later = { code: 'later_code', message: 'Do this next.' } as unknown as LedgerRefusal;
  expect(problemOfRefusal(later, context)).toMatchObject({ status: 422, code: 'later_code', detail: 'Do this next.' });
});
