import { check, type RpcCall } from '@tallystick/contracts/http';
import { PLAN_CALLS } from './plan-calls';

const calls = PLAN_CALLS as unknown as Record<keyof typeof PLAN_CALLS, RpcCall<unknown, unknown>>;
const received = (name: keyof typeof PLAN_CALLS, argument: unknown): unknown =>
  (calls[name].receive ?? ((it: unknown) => it))(argument as never);
const errorsOf = (name: keyof typeof PLAN_CALLS, argument: unknown): string[] => {
  const checked = check(calls[name].body, { argument });
  return checked.ok ? [] : checked.errors.map(({ field }) => field);
};

const organizationId = 'acme';
const payment = {
  organizationId,
  invoiceLineId: 'acme.1:0',
  plan: 'starter',
  anchor: 'new',
  endGrants: ['trial:draw'],
  grant: { grantId: 'invoice:acme.1:0', credits: 0, ends: { period: true }, paid: { amount: 1, currency: 'USD' } },
};
const time = '2026-05-11T11:00:00+02:00';
const instant = '2026-05-11T09:00:00.000Z';

test('times are received in the form of the domain', () => {
  const dated = { ...payment, grant: { ...payment.grant, ends: { at: time } } };
  expect(received('applyPlanPayment', dated)).toEqual({ ...dated, grant: { ...dated.grant, ends: { at: instant } } });
  expect(received('applyPlanPayment', payment)).toEqual(payment);
  expect(received('schedulePlan', { organizationId, at: time, plan: 'p' })).toEqual({
    organizationId,
    at: instant,
    plan: 'p',
  });
  expect(received('schedulePlan', { organizationId })).toEqual({ organizationId });
  expect(received('setGrantGrace', { organizationId, graceUntil: time })).toMatchObject({ graceUntil: instant });
  expect(received('grantSold', { organizationId, expiresAt: time })).toMatchObject({ expiresAt: instant });
});

test.each<[keyof typeof PLAN_CALLS, object, string[]]>([
  ['applyPlanPayment', payment, []],
  ['applyPlanPayment', { ...payment, grant: null }, []],
  ['applyPlanPayment', { ...payment, anchor: 'other' }, ['argument.anchor']],
  ['applyPlanPayment', { ...payment, endGrants: [7] }, ['argument.endGrants[0]']],
  ['applyPlanPayment', { ...payment, grant: { ...payment.grant, credits: 1.5 } }, ['argument.grant.credits']],
  ['applyPlanPayment', { ...payment, grant: { ...payment.grant, ends: { at: 'soon' } } }, ['argument.grant.ends.at']],
  [
    'applyPlanPayment',
    { ...payment, grant: { ...payment.grant, paid: { amount: -1, currency: 'USD' } } },
    ['argument.grant.paid.amount'],
  ],
  ['schedulePlan', { organizationId, at: null }, []],
  ['schedulePlan', { organizationId, when: time }, ['argument.when']],
  ['endGrant', { organizationId }, ['argument.grantId']],
  ['setOverage', { organizationId, overage: 'always' }, ['argument.overage']],
  [
    'grantSold',
    { organizationId, grantId: 'invoice:a.1:0', kind: 'trial', credits: 1, reason: 'r' },
    ['argument.kind'],
  ],
])('%s: %j', (name, argument, fields) => {
  expect(errorsOf(name, argument)).toEqual(fields);
});
