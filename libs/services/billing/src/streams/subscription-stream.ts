import { BILLING_EVENTS, PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import {
  auditBilling,
  billingDecider,
  BILLING_RECORDS,
  BILLING_VIEWS,
  newBillingAudit,
  SUBSCRIPTION_ROWS,
  type BillingAccount,
  type BillingAnswer,
  type BillingCommand,
  type BillingEvent,
  type BillingPolicy,
} from '@tallystick/domain/billing';
import type { StreamDefinition } from '@tallystick/hosting';
import { SUBSCRIPTIONS } from '../collections';
import { toBillingMessage } from './published-events';

/** The streams of subscriptions: what `StreamModule` runs for them. */
export function subscriptionStream(
  policy: BillingPolicy,
): StreamDefinition<BillingAccount, BillingCommand, BillingEvent, BillingAnswer> {
  const decider = billingDecider(policy);
  return {
    category: SUBSCRIPTIONS,
    entity: 'organization',
    decider,
    codec: BILLING_RECORDS,
    views: BILLING_VIEWS,
    topic: BILLING_EVENTS,
    inbox: PAYMENTS_EVENTS,
    due: [{ reason: 'billing', table: SUBSCRIPTION_ROWS, column: 'dueAt', command: (now) => ({ type: 'Tick', now }) }],
    commands: { taken: decider.taken },
    toMessage: (event, stream) => toBillingMessage(event.entityId, event, stream),
    audit: () => {
      const audit = newBillingAudit();
      return (event, revision) => auditBilling(audit, event, revision);
    },
    answerName: (answer) => (answer.kind === 'refused' ? answer.refusal.code : answer.kind),
  };
}
