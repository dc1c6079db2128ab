import { audit, decode, newAudit, type LedgerEvent } from './index';
import { complete, grant, submit, TICK } from '../support/ledger-harness';
import { BOUGHT, pay, RENEWAL, schedule, subscribed } from '../support/plans';

// Faults in the periods and grants of a history of plans. Each is planted in a valid history.

type PlantedFault = (events: LedgerEvent[]) => LedgerEvent[];

const NEXT = '2026-06-11T09:00:00.000Z';

const validHistory = (): LedgerEvent[] =>
  subscribed('developer', 1000, 400)
    .run(grant('invoice:t1:0', 50, { sold: true }))
    .at('2026-04-26T09:00:00.000Z', pay('i2:1', 'startup', 2000))
    .at('2026-05-11T10:00:00.000Z', submit('a', 10), complete('a'))
    .run(pay('i3:0', 'startup', 5000))
    .at('2026-05-20T09:00:00.000Z', submit('b', 10), complete('b', 15))
    .at('2026-06-11T10:00:00.000Z', submit('c', 20), complete('c'), schedule('2026-06-11T10:00:00.000Z'))
    .at('2026-08-20T09:00:00.000Z', { type: 'SetOverage', overage: 'pay-as-you-go' })
    .at('2026-09-20T09:00:00.000Z', TICK)
    .stored.map((text) => decode(JSON.parse(text)));

const breachesOf = (change: PlantedFault): string => {
  const state = newAudit();
  return change(validHistory())
    .flatMap((event, revision) => audit(state, event, revision))
    .join('\n');
};

const isClose = (end: string) => (event: LedgerEvent) => event.type === 'PeriodClosed' && event.data.end === end;
const isOf = (type: LedgerEvent['type'], id: string) => (event: LedgerEvent) => {
  const { grantId, jobId } = event.data as { grantId?: string; jobId?: string };
  return event.type === type && (grantId ?? jobId) === id;
};
const edited =
  (is: (event: LedgerEvent) => boolean, data: object): PlantedFault =>
  (events) =>
    events.map((event) => (is(event) ? ({ ...event, data: { ...event.data, ...data } } as LedgerEvent) : event));
const without =
  (is: (event: LedgerEvent) => boolean): PlantedFault =>
  (events) =>
    events.filter((event) => !is(event));
const after =
  (is: (event: LedgerEvent) => boolean, added: (event: LedgerEvent) => object): PlantedFault =>
  (events) =>
    events.flatMap((event) => (is(event) ? [event, { ...event, ...added(event) } as LedgerEvent] : [event]));

test('a valid history has no breach, with a pause in which no period is closed', () => {
  const closed = validHistory().flatMap(({ type, data }) => (type === 'PeriodClosed' ? [[data.start, data.end]] : []));
  expect(closed).toEqual([
    ['2026-04-01T00:00:00.000Z', BOUGHT],
    [BOUGHT, RENEWAL],
    [RENEWAL, NEXT],
    [NEXT, '2026-06-11T10:00:00.000Z'],
    ['2026-08-01T00:00:00.000Z', '2026-09-01T00:00:00.000Z'],
  ]);
  expect(breachesOf((events) => events)).toBe('');
});

test.each<[string, PlantedFault, RegExp]>([
  ['a period that ends before it starts', edited(isClose(RENEWAL), { start: NEXT }), /before its start/],
  ['a period that is closed before its end', edited(isClose(RENEWAL), { end: NEXT }), /ends at .* was closed before/],
  ['a gap', edited(isClose(NEXT), { start: '2026-05-12T09:00:00.000Z' }), /no period was closed between/],
  ['an overlap', edited(isClose(NEXT), { start: '2026-05-10T09:00:00.000Z' }), /overlaps the one that was closed/],
  ['a period that is left out', without(isClose(NEXT)), /the period that ended at 2026-06-11.* was not closed before/],
  [
    'a period that is cut without a change of plan',
    after(isOf('CreditsConsumed', 'b'), () => ({
      type: 'PeriodClosed',
      data: { start: RENEWAL, end: '2026-05-20T09:00:00.000Z' },
    })),
    /a period was cut, and no plan was set/,
  ],
  [
    'a job that is reserved in a closed period',
    edited(isOf('CreditsReserved', 'b'), { period: BOUGHT }),
    /job b is reserved in a period that was closed to 2026-05-11/,
  ],
  [
    'a grant that is drawn after its end',
    edited(isOf('CreditsGranted', 'invoice:i3:0'), { graceUntil: undefined }),
    /grant invoice:i3:0 is drawn after its end at 2026-06-11T09:00/,
  ],
  [
    'a grant that is drawn after its grace',
    edited(isOf('CreditsGranted', 'invoice:i1:0'), { graceUntil: '2026-05-11T09:30:00.000Z' }),
    /grant invoice:i1:0 is drawn after its end at 2026-05-11T09:30/,
  ],
  [
    'an invoice line that is granted twice',
    after(isOf('CreditsGranted', 'invoice:t1:0'), () => ({})),
    /grant invoice:t1:0 is given a second time/,
  ],
  [
    'an invoice line that is granted again after its credits have ended',
    after(isOf('CreditsExpired', 'invoice:i2:1'), () => ({
      type: 'CreditsGranted',
      data: { grantId: 'invoice:i2:1', kind: 'package', credits: 1, reason: 'again', expiresAt: NEXT },
    })),
    /grant invoice:i2:1 is given a second time/,
  ],
])('finds %s', (_, change, breach) => {
  expect(breachesOf(change)).toMatch(breach);
});
