import { entriesOf } from './batch';

const bodyOf = (count: number) => ({ jobs: Array.from({ length: count }, (_, at) => ({ id: `job-${at}` })) });

test('a batch has at most TALLY_MAX_BATCH entries', () => {
  expect(entriesOf(bodyOf(3), 'jobs', { batchSize: 3 })).toHaveLength(3);
  expect(() => entriesOf(bodyOf(4), 'jobs', { batchSize: 3 })).toThrow(
    expect.objectContaining({
      status: 422,
      members: { errors: [{ field: 'jobs', rule: 'list', message: 'Give a list of 1 to 3 entries.' }] },
    }),
  );
});

test('a batch never has more than 1,000 entries', () => {
  expect(() => entriesOf(bodyOf(1_001), 'jobs', { batchSize: 5_000 })).toThrow(
    expect.objectContaining({ status: 422 }),
  );
});
