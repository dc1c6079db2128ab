import type { LifecycleEvent } from '@tallystick/contracts/intake';
import type { Answer } from '@tallystick/domain/ledger';
import { decisionMessage } from './decision-messages';

const event: LifecycleEvent = {
  id: 'event-1',
  source: 'test',
  type: 'tallystick.job.submitted',
  data: { id: 'job', organizationId: 'org', projectId: 'p' },
};
const told = (answer: Answer, revision: number): object =>
  decisionMessage(event, { answer, revision }).map(({ value }) => JSON.parse(Buffer.from(value).toString()))[0];
const reserved = { kind: 'reserved', credits: 10, draws: [] } as const;

test('an accepted submission is told that it is reserved', () => {
  expect(told(reserved, 4)).toMatchObject({
    type: 'tallystick.job.accepted',
    status: 'reserved',
    repeated: false,
    decision: { revision: 4 },
  });
  expect(told(reserved, 4)).not.toHaveProperty('outcomeWasWaiting');
});

test('one whose outcome was waiting is told how it ended, and the same when it comes again', () => {
  const ended = { status: 'consumed', consumed: 7, refunded: 3, writtenOff: 0, reservedAt: 4 } as const;
  const expected = {
    status: 'consumed',
    consumed: 7,
    refunded: 3,
    writtenOff: 0,
    outcomeWasWaiting: true,
    decision: { stream: 'credits-org', revision: 4 },
  };
  const first = told({ ...reserved, ended }, 6);
  expect(first).toMatchObject({ ...expected, repeated: false });
  expect(told({ ...reserved, ended, repeated: { revision: 4 } }, 9)).toEqual({ ...first, repeated: true });
});
