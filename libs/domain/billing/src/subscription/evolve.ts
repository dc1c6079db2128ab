import type { Instant } from '@tallystick/domain/kernel';
import { effectsOf } from './effects-of';
import type { BillingEvent, BillingEventType } from './events';
import { FOLD_INVOICE } from './evolve-invoice';
import { FOLD_PLAN } from './evolve-plan';
import { complete, type Folds } from './folds';
import type { BillingAccount } from './state';

const FOLD_ACCOUNT = {
  BillingOpened: (account, { organizationId, currency, billingFrom, hasCard = false }) =>
    void Object.assign(account, { opened: true, organizationId, currency, billingFrom, hasCard }),
  PaymentMethodSet: (account, method) => {
    account.manual = method.kind === 'manual' ? { termsDays: method.termsDays } : undefined;
  },
  CardAdded: (account, { paymentMethodId: card }) =>
    void Object.assign(account, { hasCard: true, card, isCardRefused: false }),
  CardRemoved: (account) => void Object.assign(account, { hasCard: false, isCardRefused: false }),
  BillingDetailsChanged: (account, details) => void Object.assign(account, { details }),
  ReviewSet: (account, { on }) => void Object.assign(account, { isReviewed: on }),
  OverageChosen: (account, { overage }) => void Object.assign(account, { overage }),
  EffectCompleted: (account, { effectId }) => complete(account, effectId),
} satisfies Partial<Folds<BillingEventType>>;

const FOLDS: Folds<BillingEventType> = { ...FOLD_ACCOUNT, ...FOLD_PLAN, ...FOLD_INVOICE };

/** Events after which an offer of a change has other terms. */
const CHANGES_TERMS: ReadonlySet<BillingEventType> = new Set<BillingEventType>([
  'SubscriptionAdopted',
  'BillingDetailsChanged',
  'UpgradeRequested',
  'UpgradeLapsed',
  'DowngradeScheduled',
  'DowngradeWithdrawn',
  'CancellationScheduled',
  'CancellationWithdrawn',
  'SubscriptionEnded',
  'RenewalStarted',
  'PlanPaymentApplied',
]);

/** Folds one event into the account. The effects that it leads to are added to those that are pending. */
export function evolveBilling(account: BillingAccount, event: BillingEvent, revision: number): BillingAccount {
  const { recordedAt } = event.metadata;
  const effects = effectsOf(account, event);
  const fold = FOLDS[event.type] as (account: BillingAccount, data: BillingEvent['data'], at: Instant) => void;
  fold(account, event.data, recordedAt);
  account.now = recordedAt;
  if (CHANGES_TERMS.has(event.type)) account.termsRevision = revision;
  if (effects.length > 0)
    account.effects = [
      ...account.effects,
      ...effects.map((effect, index) => ({ id: `${revision}.${index}`, since: recordedAt, effect })),
    ];
  return account;
}
