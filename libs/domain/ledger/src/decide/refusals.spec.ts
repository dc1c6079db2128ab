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

/** What can be wrong with a submission, in the order in which it is looked for. */
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

/** A world and a submission in it with all of these faults at once. */
function faulty(faults: readonly string[]): { books: LedgerHarness; submission: TestCommand } {
  const has = (fault: (typeof FAULTS)[number]) => faults.includes(fault);
  const books = new LedgerHarness({ catalog: LIMITED, maxOpenJobs: has('too_many_jobs') ? 1 : 10 });
  if (!has('unknown_organization')) books.run(OPEN, grant('g', 5));
  books.run(submit('open', 1));
  if (has('usage_limit_exceeded')) books.run(submit('second', 1), submit('done', 1), complete('second'));
  if (has('budget_cap_exceeded')) books.run({ type: 'SetBudgetCap', target: { projectId: 'p1' }, credits: 2 });
  const submission = submit(has('job_conflict') ? 'open' : 'new', has('insufficient_credits') ? 6 : 4, {
    ...(has('stale_job') && { occurredAt: at(-36 * DAY) }),
    ...(has('invalid_job') && { job: { operation: 'none such' } }),
  });
  if (has('usage_limit_exceeded') && !has('insufficient_credits')) books.run(grant('h', 5));
  return { books, submission };
}

describe('a submission with several faults is refused for the first of them', () => {
  test.each(FAULTS.map((fault, i) => [fault, FAULTS.slice(i)] as const))('%s', (fault, faults) => {
    const { books, submission } = faulty(faults);
    const result = books.when(submission);
    expect(codeOf(result)).toBe(fault);
    expect(result.events).toEqual([]);
  });

  test.each(FAULTS)('and alone: %s', (fault) => {
    const { books, submission } = faulty([fault]);
    expect(codeOf(books.when(submission))).toBe(fault);
  });

  test('without any of them it is reserved', () => {
    const { books, submission } = faulty([]);
    expect(codeOf(books.when(submission))).toBe('reserved');
  });
});

describe('every other command', () => {
  test.each([complete('j'), grant('g', 1), { type: 'Tick' } as const])('%j: no organization, no answer', (command) => {
    expect(codeOf(new LedgerHarness().when(command))).toBe('unknown_organization');
  });

  test('so many outcomes may wait for their submissions, and no more', () => {
    const books = new LedgerHarness({ maxEarlyOutcomes: 1 }).run(OPEN, fail('a'));
    expect(codeOf(books.when(fail('b')))).toBe('too_many_jobs');
    expect(codeOf(books.when(fail('a')))).toBe('remembered');
  });
});

/** The catalog of the tests without some of what it offers. */
const without = (...members: ('plans' | 'topUps' | 'overage')[]): Catalog => ({
  ...PLAIN,
  topUps: [{ id: 'pack', name: 'Pack', credits: 100, prices: PLAIN.plans[0]!.prices }],
  ...Object.fromEntries(members.map((name) => [name, name === 'overage' ? undefined : []])),
});
const messageOf = ({ answer }: HarnessResult): string =>
  answer.kind === 'refused' ? answer.refusal.message : answer.kind;

describe('a refusal for lack of credits advises what the catalog offers, and nothing else', () => {
  const NEEDS = 'The job needs 12 credits and 1 is available. ';
  test.each([
    [[], 'Buy a top-up, subscribe to a plan, or choose pay-as-you-go.'],
    [['overage'], 'Buy a top-up or subscribe to a plan.'],
    [['topUps', 'overage'], 'Subscribe to a plan.'],
    [['plans', 'topUps'], 'Choose pay-as-you-go.'],
    [['plans', 'topUps', 'overage'], 'Ask for more at https://billing.example/buy.'],
  ] as const)('without %j: %s', (members, advice) => {
    const books = givenUnder({ catalog: without(...members) }, grant('g', 1));
    expect(messageOf(books.when(submit('j', 12)))).toBe(NEEDS + advice);
  });

  test.each([
    ['small', 'Buy a top-up, change to a larger plan, or turn on auto overage.'],
    ['large', 'Buy a top-up or turn on auto overage.'],
  ])('with the plan %s: %s', (plan, advice) => {
    const books = givenUnder({ catalog: without() }, grant('g', 1), { type: 'SetPlan', plan });
    expect(messageOf(books.when(submit('j', 12)))).toBe(NEEDS + advice);
  });

  test('not what has no price in the currency of the organization', () => {
    const books = new LedgerHarness({ catalog: without() });
    books.run({ type: 'OpenOrganization', currency: 'EUR' }, grant('g', 1));
    expect(messageOf(books.when(submit('j', 12)))).toBe(`${NEEDS}Ask for more at https://billing.example/buy.`);
  });

  test('an address of the catalog’s support comes before the billing page', () => {
    const catalog = without('plans', 'topUps', 'overage');
    const links = { ...catalog.links, supportEmail: 'help@example.com' };
    const books = givenUnder({ catalog: { ...catalog, links } });
    expect(messageOf(books.when(submit('j', 12)))).toMatch(/ Ask for more at help@example.com\.$/);
  });
});

describe('counts in refusals are said with the word that fits', () => {
  test.each([
    [1, 0, 'The job needs 1 credit and 0 are available. '],
    [2, 1, 'The job needs 2 credits and 1 is available. '],
    [2_000, 1_500, 'The job needs 2,000 credits and 1,500 are available. '],
  ])('%i of %i credits', (pages, credits, text) => {
    const books = credits === 0 ? given() : given(grant('g', credits));
    expect(messageOf(books.when(submit('j', pages))).startsWith(text)).toBe(true);
  });

  test.each([
    [1, 1, 'The budget cap of project p1 is 1 credit per billing period; 1 is used and the job needs 1. '],
    [5, 3, 'The budget cap of project p1 is 5 credits per billing period; 3 are used and the job needs 3. '],
  ])('a cap of %i', (cap, pages, text) => {
    const books = given(grant('g', 100), {
      type: 'SetBudgetCap',
      target: { projectId: 'p1' },
      credits: cap,
    });
    books.run(submit('a', pages));
    expect(messageOf(books.when(submit('b', pages))).startsWith(text)).toBe(true);
  });
});

describe('a refusal for a limit of the plan advises what helps', () => {
  test.each([
    [
      'requests',
      undefined,
      "The plan's limit requests is reached: 3 of 3. Subscribe to a larger plan or wait for the next billing period.",
    ],
    ['requests', 'large', "The plan's limit requests is reached: 5 of 5. Wait for the next billing period."],
  ] as const)('%s with the plan %s', (_, plan, text) => {
    const books = new LedgerHarness({ catalog: LIMITED }).run(OPEN, grant('g', 100));
    if (plan) books.run({ type: 'SetPlan', plan });
    for (let i = 0; i < (plan ? 5 : 3); i++) books.run(submit(`j${i}`, 1, { projectId: `p${i}` }));
    expect(messageOf(books.when(submit('more', 1, { projectId: 'other' })))).toBe(text);
  });
});

describe('a refusal says what to do next', () => {
  test.each(FAULTS)('%s', (fault) => {
    const { books, submission } = faulty([fault]);
    const { answer } = books.when(submission);
    if (answer.kind !== 'refused') throw new Error('It was not refused.');
    expect(answer.refusal.message).toMatch(/^[A-Z\d].*\.$/);
  });
});
