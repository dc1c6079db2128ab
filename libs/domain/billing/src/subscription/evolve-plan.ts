import { periodAt } from '@tallystick/domain/kernel';
import type { BillingFacts } from './events';
import { complete, type Folds } from './folds';
import type { BillingAccount, RunningSubscription } from './state';

/** The events of a subscription and its changes. */
export const FOLD_PLAN = {
  SubscriptionAdopted: (account, { plan, anchor: start, period: length }, at) => {
    const anchor = { start, length };
    account.subscription = { plan, anchor, period: periodAt(anchor, at), grants: [] };
  },
  SubscriptionRequested: (account, { invoiceId, terms, prefix }) => {
    account.purchase = { invoiceId, terms };
    account.prefix = prefix;
  },
  UpgradeRequested: (account, { changeId, invoiceId, terms, anchor }) => {
    account.upgrade = { changeId, invoiceId, terms, anchor };
  },
  UpgradeLapsed: (account) => {
    account.upgrade = undefined;
  },
  DowngradeScheduled: (account, downgrade) => change(account, { downgrade }),
  DowngradeWithdrawn: (account) => change(account, { downgrade: undefined }),
  // A cancellation takes the place of a downgrade.
  CancellationScheduled: (account, { at }) => change(account, { cancelsAt: at, downgrade: undefined }),
  CancellationWithdrawn: (account) => change(account, { cancelsAt: undefined }),
  SubscriptionEnded: (account, { at, reason }) => {
    account.ended = { plan: account.subscription?.plan ?? '', at, reason };
    account.subscription = undefined;
    account.renewal = undefined;
    account.isOverageStopped = false;
    if (account.overage === 'auto') account.overage = 'none';
  },
  PeriodCloseReceived: (account, close) => {
    account.lastClose = close;
  },
  RenewalStarted: (account, { period, terms }) => {
    account.renewal = { period, terms };
    change(account, { downgrade: undefined });
  },
  PlanPaymentApplied: (account, applied) => {
    complete(account, applied.effectId);
    const { purchase, upgrade } = account;
    const invoiceId = applied.invoiceLineId.slice(0, applied.invoiceLineId.lastIndexOf(':'));
    const entry = account.entries[invoiceId];
    // The first period starts with its payment, so its invoice could not state it.
    if (entry && !entry.period) entry.period = applied.period;
    if (purchase?.invoiceId === invoiceId) start(account, purchase.terms, applied);
    else if (upgrade?.invoiceId === invoiceId && upgrade.anchor === 'new') start(account, upgrade.terms, applied);
    else if (account.subscription) carryOn(account.subscription, applied);
    if (purchase?.invoiceId === invoiceId) account.purchase = undefined;
    if (upgrade?.invoiceId === invoiceId) account.upgrade = undefined;
  },
} satisfies Partial<Folds<keyof BillingFacts>>;

function change(account: BillingAccount, changes: Partial<RunningSubscription>): void {
  if (account.subscription) Object.assign(account.subscription, changes);
}

type Applied = BillingFacts['PlanPaymentApplied'];
type Terms = BillingFacts['UpgradeRequested']['terms'];

/** The first period of a subscription, or of an upgrade with a new period. Grants of the plan before it are not renewed. */
function start(account: BillingAccount, terms: Terms, { plan, anchor, period, grantId, expiresAt }: Applied): void {
  account.ended = undefined;
  // The ledger ends it with the start of the plan.
  if (account.overage === 'pay-as-you-go') account.overage = 'none';
  account.subscription = {
    terms,
    plan,
    anchor: { start: anchor, length: terms.period },
    period,
    grants: grantId !== undefined && expiresAt !== undefined ? [{ grantId, expiresAt }] : [],
  };
}

/** The period goes on, unless the ledger had to start a new one: the length of the plan's periods has changed. */
function carryOn(subscription: RunningSubscription, { anchor, period, grantId, expiresAt }: Applied): void {
  if (anchor !== subscription.anchor.start) {
    subscription.anchor = { start: anchor, length: subscription.terms?.period ?? subscription.anchor.length };
    subscription.period = period;
  }
  if (grantId === undefined || expiresAt === undefined) return;
  if (subscription.grants.some((grant) => grant.grantId === grantId)) return;
  subscription.grants = [...subscription.grants, { grantId, expiresAt }];
}
