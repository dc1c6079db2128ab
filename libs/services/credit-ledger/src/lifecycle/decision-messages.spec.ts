import type { LifecycleEvent } from '@tallystick/contracts/intake';
import type { Answer } from '@tallystick/domain/ledger';
import { decisionMessage } from './decision-messages';

const event: LifecycleEvent = {
  id: 'event-1',
  source: 'test',
  type: 'tallystick.job.submitted',
  data: { id: 'job', organizationId: 'org', projectId: 'p' },
};
const messageOf = (answer: Answer, revision: number): object =>
  decisionMessage(event, { answer, revision }).map(({ value }) => JSON.parse(Buffer.from(value).toString()))[0];
const reserved = { kind: 'reserved', credits: 10, draws: [] } as const;

test('the answer to an accepted submission is that it is reserved', () => {
  expect(messageOf(reserved, 4)).toMatchObject({
    type: 'tallystick.job.accepted',
    status: 'reserved',
    repeated: false,
    decision: { revision: 4 },
  });
  expect(messageOf(reserved, 4)).not.toHaveProperty('outcomeWasWaiting');
});

test('the answer to one whose outcome was waiting is how it ended, and is the same on redelivery', () => {
  const ended = { status: 'consumed', consumed: 7, refunded: 3, writtenOff: 0, reservedAt: 4 } as const;
  const expected = {
    status: 'consumed',
    consumed: 7,
    refunded: 3,
    writtenOff: 0,
    outcomeWasWaiting: true,
    decision: { stream: 'credits-org', revision: 4 },
  };
  const first = messageOf({ ...reserved, ended }, 6);
  expect(first).toMatchObject({ ...expected, repeated: false });
  expect(messageOf({ ...reserved, ended, repeated: { revision: 4 } }, 9)).toEqual({ ...first, repeated: true });
});
