import {
  Books,
  codeOf,
  complete,
  DAY,
  fail,
  grant,
  OPEN,
  submit,
  at,
  type Request,
} from '../test-support/books';
import { LIMITED } from '../test-support/catalogs';

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
function faulty(faults: readonly string[]): { books: Books; submission: Request } {
  const has = (fault: (typeof FAULTS)[number]) => faults.includes(fault);
  const books = new Books({ catalog: LIMITED, maxOpenJobs: has('too_many_jobs') ? 1 : 10 });
  if (!has('unknown_organization')) books.run(OPEN, grant('g', 5));
  books.run(submit('open', 1));
  if (has('usage_limit_exceeded')) books.run(submit('second', 1), submit('done', 1), complete('second'));
  if (has('budget_cap_exceeded'))
    books.run({ type: 'SetBudgetCap', target: { projectId: 'p1' }, credits: 2 });
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
  test.each([complete('j'), grant('g', 1), { type: 'Tick' } as const])(
    '%j: no organization, no answer',
    (command) => {
      expect(codeOf(new Books().when(command))).toBe('unknown_organization');
    },
  );

  test('so many outcomes may wait for their submissions, and no more', () => {
    const books = new Books({ maxEarlyOutcomes: 1 }).run(OPEN, fail('a'));
    expect(codeOf(books.when(fail('b')))).toBe('too_many_jobs');
    expect(codeOf(books.when(fail('a')))).toBe('remembered');
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
