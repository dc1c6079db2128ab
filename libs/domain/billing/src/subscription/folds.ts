import type { Instant } from '@tallystick/domain/kernel';
import type { BillingEventType, BillingFacts } from './events';
import type { BillingAccount } from './state';

/** Folds the data of each type of event into the account. `at` is the time of the decision. */
export type Folds<Type extends BillingEventType> = {
  readonly [Each in Type]: (account: BillingAccount, data: BillingFacts[Each], at: Instant) => void;
};

export function complete(account: BillingAccount, effectId: string): void {
  account.effects = account.effects.filter(({ id }) => id !== effectId);
}
