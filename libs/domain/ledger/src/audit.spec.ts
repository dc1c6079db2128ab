import { audit, decode, newAudit, type LedgerEvent } from './index';
import { complete, fail, given, grant, HOUR, OPEN, START, submit, TICK, wait } from '../support/ledger-harness';

type HistoryChange = (events: LedgerEvent[]) => LedgerEvent[];

/** The breaches of a valid history after `change`. */
function breachesOf(change: HistoryChange): string[] {
  const state = newAudit();
  return change(validHistory()).flatMap((event, revision) => audit(state, event, revision));
}

const validHistory = (): LedgerEvent[] =>
  given(
    grant('g1', 100),
    { type: 'SetBudgetCap', target: { projectId: 'p1' }, credits: 60 },
    submit('a', 10),
    complete('a', 7),
    submit('b', 20),
    fail('b'),
    submit('c', 30),
    wait(2 * HOUR),
    TICK,
    complete('c', 5),
    submit('d', 9),
    complete('d', 9),
  ).stored.map((text) => decode(JSON.parse(text)));

/** Events in the history above, by type and job. */
const isOf = (type: LedgerEvent['type'], jobId: string) => (event: LedgerEvent) =>
  event.type === type && (event.data as { jobId?: string }).jobId === jobId;

const without =
  (is: (event: LedgerEvent) => boolean): HistoryChange =>
  (events) =>
    events.filter((event) => !is(event));

const twice =
  (is: (event: LedgerEvent) => boolean): HistoryChange =>
  (events) =>
    events.flatMap((event) => (is(event) ? [event, event] : [event]));

const edited =
  (is: (event: LedgerEvent) => boolean, data: object): HistoryChange =>
  (events) =>
    events.map((event) => (is(event) ? ({ ...event, data: { ...event.data, ...data } } as LedgerEvent) : event));

describe('an audit', () => {
  test('finds no breach in a valid history', () => expect(breachesOf((events) => events)).toEqual([]));

  test.each<[string, HistoryChange, RegExp]>([
    ['a job reserved twice', twice(isOf('CreditsReserved', 'a')), /job a is reserved a second time/],
    ['a job consumed twice', twice(isOf('CreditsConsumed', 'd')), /job d ends a second time/],
    ['a job refunded twice', twice(isOf('CreditsRefunded', 'b')), /job b ends a second time/],
    ['an end without a reservation', without(isOf('CreditsReserved', 'd')), /job d ends without having been reserved/],
    ['unused credits kept', without(isOf('CreditsRefunded', 'a')), /job a left 3 reserved credits/],
    ['unused credits from nowhere', twice(isOf('CreditsRefunded', 'a')), /job a gets 3 unused credits back/],
    [
      'a refund of less than was reserved',
      edited(isOf('CreditsRefunded', 'b'), { credits: 19, draws: [{ grantId: 'g1', kind: 'top-up', credits: 19 }] }),
      /did not get all of its credits back/,
    ],
    [
      'credits that are not their draws',
      edited(isOf('CreditsReserved', 'd'), { credits: 8 }),
      /its draws add up to 9, not to its 8/,
    ],
    [
      'a cap overrun',
      edited(({ type }) => type === 'BudgetCapSet', { credits: 6 }),
      /the cap of project\/p1 is 6, and this makes it 10/,
    ],
    ['a grant that is not there', without(({ type }) => type === 'CreditsGranted'), /grant g1 is not there/],
    ['more credits than were given', edited(({ type }) => type === 'CreditsGranted', { credits: 9 }), /do not add up/],
  ])('finds %s', (_, change, said) => {
    expect(breachesOf(change).join('\n')).toMatch(said);
  });

  test('finds a missing revision and a time that runs backwards', () => {
    const [opened, granted] = validHistory();
    const state = newAudit();
    expect(audit(state, opened!, 1)).toEqual(['revision 0 is missing']);
    const earlier = {
      ...granted!,
      metadata: { ...granted!.metadata, recordedAt: '2020-01-01T00:00:00.000Z' },
    };
    expect(audit(state, earlier as LedgerEvent, 2)).toEqual(['it was recorded before the event that it follows']);
  });

  test('starts where every stream starts', () => {
    expect(OPEN.type).toBe('OpenOrganization');
    expect(validHistory()[0]!.metadata.recordedAt).toBe(START);
  });
});
