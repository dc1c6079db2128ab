import type { Catalog } from '@tallystick/domain/catalog';
import {
  LedgerHarness,
  codeOf,
  complete,
  DAY,
  fail,
  given,
  givenUnder,
  grant,
  OPEN,
  submit,
  at,
  type TestCommand,
  type HarnessResult,
} from '../../support/ledger-harness';
import { LIMITED, PLAIN } from '../../support/catalogs';

/** Faults of a submission, in the order of the checks. */
const FAULTS = [
  'unknown_organization',
  'invalid_job',
  'job_conflict',
  'stale_job',
  'too_many_jobs',
  'usage_limit_exceeded',
  'budget_cap_exceeded',
  'insufficient_credits',
] as const;

/** A ledger, and a submission with all of these faults. */
function faulty(faults: readonly string[]): { harness: LedgerHarness; submission: TestCommand } {
  const has = (fault: (typeof FAULTS)[number]) => faults.includes(fault);
  const harness = new LedgerHarness({ catalog: LIMITED, maxOpenJobs: has('too_many_jobs') ? 1 : 10 });
  if (!has('unknown_organization')) harness.run(OPEN, grant('g', 5));
  harness.run(submit('open', 1));
  if (has('usage_limit_exceeded')) harness.run(submit('second', 1), submit('done', 1), complete('second'));
  if (has('budget_cap_exceeded')) harness.run({ type: 'SetBudgetCap', target: { projectId: 'p1' }, credits: 2 });
  const submission = submit(has('job_conflict') ? 'open' : 'new', has('insufficient_credits') ? 6 : 4, {
    ...(has('stale_job') && { occurredAt: at(-36 * DAY) }),
    ...(has('invalid_job') && { job: { operation: 'none such' } }),
  });
  if (has('usage_limit_exceeded') && !has('insufficient_credits')) harness.run(grant('h', 5));
  return { harness, submission };
}

describe('a submission with several faults is refused for the first one in the order of the checks', () => {
  test.each(FAULTS.map((fault, i) => [fault, FAULTS.slice(i)] as const))('%s', (fault, faults) => {
    const { harness, submission } = faulty(faults);
    const result = harness.when(submission);
    expect(codeOf(result)).toBe(fault);
    expect(result.events).toEqual([]);
  });

  test.each(FAULTS)('and alone: %s', (fault) => {
    const { harness, submission } = faulty([fault]);
    expect(codeOf(harness.when(submission))).toBe(fault);
  });

  test('without any of them it is reserved', () => {
    const { harness, submission } = faulty([]);
    expect(codeOf(harness.when(submission))).toBe('reserved');
  });
});

describe('every other command', () => {
  test.each([complete('j'), grant('g', 1), { type: 'Tick' } as const])('%j: no organization, no answer', (command) => {
    expect(codeOf(new LedgerHarness().when(command))).toBe('unknown_organization');
  });

  test('the number of outcomes that wait for their submissions is limited', () => {
    const harness = new LedgerHarness({ maxEarlyOutcomes: 1 }).run(OPEN, fail('a'));
    expect(codeOf(harness.when(fail('b')))).toBe('too_many_jobs');
    expect(codeOf(harness.when(fail('a')))).toBe('remembered');
  });
});

/** The catalog of the tests without some of its offers. */
const without = (...members: ('plans' | 'topUps' | 'overage')[]): Catalog => ({
  ...PLAIN,
  topUps: [{ id: 'pack', name: 'Pack', credits: 100, prices: PLAIN.plans[0]!.prices }],
  ...Object.fromEntries(members.map((name) => [name, name === 'overage' ? undefined : []])),
});
const messageOf = ({ answer }: HarnessResult): string =>
  answer.kind === 'refused' ? answer.refusal.message : answer.kind;

describe('a refusal for lack of credits names the catalog’s offers only', () => {
  const NEEDS = 'The job needs 12 credits and 1 is available. ';
  test.each([
    [[], 'Buy a top-up, subscribe to a plan, or choose pay-as-you-go.'],
    [['overage'], 'Buy a top-up or subscribe to a plan.'],
    [['topUps', 'overage'], 'Subscribe to a plan.'],
    [['plans', 'topUps'], 'Choose pay-as-you-go.'],
    [['plans', 'topUps', 'overage'], 'Ask for more at https://billing.example/buy.'],
  ] as const)('without %j: %s', (members, advice) => {
    const harness = givenUnder({ catalog: without(...members) }, grant('g', 1));
    expect(messageOf(harness.when(submit('j', 12)))).toBe(NEEDS + advice);
  });

  test.each([
    ['small', 'Buy a top-up, change to a larger plan, or turn on auto overage.'],
    ['large', 'Buy a top-up or turn on auto overage.'],
  ])('with the plan %s: %s', (plan, advice) => {
    const harness = givenUnder({ catalog: without() }, grant('g', 1), { type: 'SetPlan', plan });
    expect(messageOf(harness.when(submit('j', 12)))).toBe(NEEDS + advice);
  });

  test('without offers that have no price in the organization’s currency', () => {
    const harness = new LedgerHarness({ catalog: without() });
    harness.run({ type: 'OpenOrganization', currency: 'EUR' }, grant('g', 1));
    expect(messageOf(harness.when(submit('j', 12)))).toBe(`${NEEDS}Ask for more at https://billing.example/buy.`);
  });

  test('the catalog’s support address has precedence over the billing page', () => {
    const catalog = without('plans', 'topUps', 'overage');
    const links = { ...catalog.links, supportEmail: 'help@example.com' };
    const harness = givenUnder({ catalog: { ...catalog, links } });
    expect(messageOf(harness.when(submit('j', 12)))).toMatch(/ Ask for more at help@example.com\.$/);
  });
});

describe('counts in refusals have the right singular or plural', () => {
  test.each([
    [1, 0, 'The job needs 1 credit and 0 are available. '],
    [2, 1, 'The job needs 2 credits and 1 is available. '],
    [2_000, 1_500, 'The job needs 2,000 credits and 1,500 are available. '],
  ])('%i of %i credits', (pages, credits, text) => {
    const harness = credits === 0 ? given() : given(grant('g', credits));
    expect(messageOf(harness.when(submit('j', pages))).startsWith(text)).toBe(true);
  });

  test.each([
    [1, 1, 'The budget cap of project p1 is 1 credit per billing period; 1 is used and the job needs 1. '],
    [5, 3, 'The budget cap of project p1 is 5 credits per billing period; 3 are used and the job needs 3. '],
  ])('a cap of %i', (cap, pages, text) => {
    const harness = given(grant('g', 100), {
      type: 'SetBudgetCap',
      target: { projectId: 'p1' },
      credits: cap,
    });
    harness.run(submit('a', pages));
    expect(messageOf(harness.when(submit('b', pages))).startsWith(text)).toBe(true);
  });
});

describe('a refusal for a limit of the plan names the next step', () => {
  test.each([
    [
      'requests',
      undefined,
      "The plan's limit requests is reached: 3 of 3. Subscribe to a larger plan or wait for the next billing period.",
    ],
    ['requests', 'large', "The plan's limit requests is reached: 5 of 5. Wait for the next billing period."],
  ] as const)('%s with the plan %s', (_, plan, text) => {
    const harness = new LedgerHarness({ catalog: LIMITED }).run(OPEN, grant('g', 100));
    if (plan) harness.run({ type: 'SetPlan', plan });
    for (let i = 0; i < (plan ? 5 : 3); i++) harness.run(submit(`j${i}`, 1, { projectId: `p${i}` }));
    expect(messageOf(harness.when(submit('more', 1, { projectId: 'other' })))).toBe(text);
  });
});

describe('a refusal says what to do next', () => {
  test.each(FAULTS)('%s', (fault) => {
    const { harness, submission } = faulty([fault]);
    const { answer } = harness.when(submission);
    if (answer.kind !== 'refused') throw new Error('It was not refused.');
    expect(answer.refusal.message).toMatch(/^[A-Z\d].*\.$/);
  });
});
