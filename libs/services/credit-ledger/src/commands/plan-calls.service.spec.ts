import { Logger } from '@nestjs/common';
import { Clock } from '@tallystick/runtime';
import { AdministrationService } from './administration.service';
import { PlanCallsService } from './plan-calls.service';
import { ledgerProcess } from '../../support/ledger-process';

beforeAll(() => Logger.overrideLogger(false));

const BOUGHT = '2026-04-11T09:00:00.000Z';
const RENEWAL = '2026-05-11T09:00:00.000Z';
const organizationId = 'acme';
const paid = { amount: 1900, currency: 'USD' };
const grant = {
  grantId: 'invoice:acme.1:0',
  credits: 1000,
  ends: { period: true },
  graceMilliseconds: 86_400_000,
  paid,
} as const;
const purchase = {
  organizationId,
  invoiceLineId: 'acme.1:0',
  plan: 'starter',
  anchor: 'new',
  endGrants: [],
  grant,
} as const;

class PlanClock extends Clock {
  at = BOUGHT;
  override now = (): number => Date.parse(this.at);
  override startAfter(): void {}
}

async function callsOf() {
  const clock = new PlanClock();
  const { ledger, store } = await ledgerProcess();
  const unused = undefined as never;
  const administration = new AdministrationService(ledger, unused, unused, clock);
  await ledger.execute(organizationId, { type: 'OpenOrganization', currency: 'USD', now: BOUGHT });
  return { clock, ledger, store, calls: new PlanCallsService(ledger, administration, clock) };
}

test('a plan payment, and the same sent again', async () => {
  const { calls, clock } = await callsOf();
  const applied = {
    kind: 'plan-applied',
    plan: 'starter',
    anchor: BOUGHT,
    period: { start: BOUGHT, end: RENEWAL },
    grantId: 'invoice:acme.1:0',
    expiresAt: RENEWAL,
  };
  expect(await calls.applyPlanPayment(purchase)).toEqual({ ...applied, revision: 3, repeated: false });
  clock.at = '2026-06-20T09:00:00.000Z';
  expect(await calls.applyPlanPayment(purchase)).toEqual({ ...applied, revision: 2, repeated: true });
});

test('the terms are those of the stream, after what is due', async () => {
  const { calls, clock } = await callsOf();
  expect(await calls.terms('unknown')).toMatchObject({ exists: false, packageGrants: [] });
  expect(await calls.terms(organizationId)).toEqual({
    exists: true,
    currency: 'USD',
    overage: 'none',
    period: { start: '2026-04-01T00:00:00.000Z', end: '2026-05-01T00:00:00.000Z' },
    packageGrants: [],
    revision: 0,
  });
  await calls.applyPlanPayment(purchase);
  await calls.schedulePlan({ organizationId, at: '2026-06-11T09:00:00.000Z' });
  clock.at = '2026-05-11T10:00:00.000Z';
  expect(await calls.terms(organizationId)).toEqual({
    exists: true,
    currency: 'USD',
    plan: 'starter',
    anchor: BOUGHT,
    period: { start: RENEWAL, end: '2026-06-11T09:00:00.000Z' },
    scheduled: { at: '2026-06-11T09:00:00.000Z' },
    overage: 'none',
    packageGrants: [
      {
        grantId: 'invoice:acme.1:0',
        credits: 1000,
        available: 1000,
        reserved: 0,
        consumed: 0,
        expiresAt: RENEWAL,
        graceUntil: '2026-05-12T09:00:00.000Z',
        paid,
      },
    ],
    revision: 5,
  });
});

test('the other commands, each sent twice', async () => {
  const { calls } = await callsOf();
  await calls.applyPlanPayment(purchase);
  const topUp = { organizationId, grantId: 'invoice:acme.2:0', kind: 'top-up', credits: 50, reason: 'bought' } as const;
  const all = [
    () => calls.grantSold(topUp),
    () => calls.schedulePlan({ organizationId, at: RENEWAL, plan: 'growth' }),
    () => calls.setGrantGrace({ organizationId, graceUntil: '2026-05-25T09:00:00.000Z' }),
    () => calls.setOverage({ organizationId, overage: 'none' }),
    () => calls.endGrant({ organizationId, grantId: 'invoice:acme.2:0' }),
  ];
  for (const send of all) {
    expect(await send()).toMatchObject({ kind: 'done', repeated: false });
    const { revision } = await calls.terms(organizationId);
    expect(await send()).toMatchObject({ kind: 'done' });
    expect((await calls.terms(organizationId)).revision).toBe(revision);
  }
  expect(await calls.soldGrants(organizationId)).toEqual([
    { grantId: 'invoice:acme.1:0', kind: 'package', credits: 1000, expiresAt: RENEWAL, paid, revision: 3 },
    { grantId: 'invoice:acme.2:0', kind: 'top-up', credits: 50, revision: 4 },
  ]);
});

test('a refusal is a reply, and so is an organization that is unknown', async () => {
  const { calls } = await callsOf();
  expect(await calls.applyPlanPayment({ ...purchase, plan: 'none such' })).toMatchObject({
    kind: 'refused',
    refusal: { code: 'invalid_command', field: 'plan' },
  });
  const unknown = { kind: 'refused', refusal: { code: 'unknown_organization' } };
  expect(await calls.schedulePlan({ organizationId: 'unknown' })).toMatchObject(unknown);
});
