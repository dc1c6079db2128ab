import { schemaVersionOf, type LedgerEvent, type LedgerStreamEvent } from '@tallystick/domain/ledger';
import { toCreditsMessage } from './published-events';

const at = '2026-11-21T12:00:00.000Z';
const storedWith = (schemaVersion: number) => ({ schemaVersion, occurredAt: at, recordedAt: at, actor: 'key' });
const placed = (event: LedgerStreamEvent['event']): LedgerStreamEvent => ({ entityId: 'org', revision: 3, event });
const events: readonly Pick<LedgerEvent, 'type' | 'data'>[] = [
  { type: 'OrganizationOpened', data: { currency: 'USD' } },
  { type: 'OutcomeRemembered', data: { jobId: 'j', outcome: { kind: 'completed' } } },
  { type: 'OutcomeRemembered', data: { jobId: 'j', outcome: { kind: 'completed' }, projectId: 'p' } },
  { type: 'OutcomeContradicted', data: { jobId: 'j', outcome: { kind: 'failed', reason: 'failed' }, projectId: 'p' } },
];

test.each(events)('$type is published as it is stored, in the same version', ({ type, data }) => {
  const metadata = storedWith(schemaVersionOf(type, data));
  const message = toCreditsMessage(placed({ type, data, metadata } as LedgerEvent), 'credits-org');
  expect(message).toEqual({ organizationId: 'org', stream: 'credits-org', revision: 3, type, data, metadata });
});

test('a new version of the stored form does not change the version of the published one', () => {
  const event = { type: 'OrganizationOpened', data: { currency: 'USD' }, metadata: storedWith(9) } as const;
  expect(toCreditsMessage(placed(event), 'credits-org').metadata).toEqual(storedWith(1));
});

test.each([
  ['CreditsGranted', { grantId: 'g', kind: 'package', credits: 1, reason: 'r' }, 1],
  ['CreditsGranted', { grantId: 'g', kind: 'package', credits: 1, reason: 'r', graceUntil: at }, 2],
  [
    'CreditsGranted',
    { grantId: 'g', kind: 'top-up', credits: 1, reason: 'r', paid: { amount: 1, currency: 'USD' } },
    2,
  ],
  ['CreditsRevoked', { grantId: 'g', credits: 1, reason: 'r' }, 1],
  ['CreditsRevoked', { grantId: 'g', credits: 1, reason: 'r', cause: 'refund' }, 2],
  ['PlanSet', { plan: 'p', anchor: at }, 1],
  ['PlanSet', { plan: 'p', anchor: at, invoiceLineId: 'i:0' }, 2],
  ['GrantGraceSet', { grantId: 'g', graceUntil: at }, 1],
  ['PlanScheduled', {}, 1],
  ['PeriodClosed', { start: at, end: at }, 1],
] as const)('%s with %j has its own published version', (type, data, version) => {
  const metadata = storedWith(schemaVersionOf(type, data));
  const message = toCreditsMessage(placed({ type, data, metadata } as LedgerEvent), 'credits-org');
  expect(message).toMatchObject({ type, data, metadata: { schemaVersion: version } });
});

test('an accepted record of another program is published as skipped', () => {
  const data = { eventId: 'e', acceptedAt: 7 };
  const event = { type: 'ForeignEventSkipped', data, metadata: storedWith(1) } as const;
  expect(toCreditsMessage(placed(event), 'credits-org')).toMatchObject({ type: 'ForeignEventSkipped', data });
});
