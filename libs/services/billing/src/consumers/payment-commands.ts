import type { PaymentsMessage } from '@tallystick/contracts/billing';
import type { BillingCommand } from '@tallystick/domain/billing';

/** A command without its time. */
export type PaymentStep =
  | Pick<Extract<BillingCommand, { readonly type: 'NoteChargeOutcome' }>, 'type' | 'chargeId' | 'outcome'>
  | Pick<Extract<BillingCommand, { readonly type: 'NoteCard' }>, 'type' | 'paymentMethodId' | 'added'>;

/** The command on the subscription stream for a message of a payment provider. */
export function paymentStep(message: PaymentsMessage): PaymentStep {
  switch (message.type) {
    case 'PaymentSucceeded': {
      const { chargeId, amount, currency, providerTime, reference } = message.data;
      const paid = { kind: 'paid', amount, currency, providerTime } as const;
      return {
        type: 'NoteChargeOutcome',
        chargeId,
        outcome: { ...paid, ...(reference !== undefined && { reference }) },
      };
    }
    case 'PaymentFailed': {
      const { chargeId, declineCode, hard } = message.data;
      return { type: 'NoteChargeOutcome', chargeId, outcome: { kind: 'failed', declineCode, hard } };
    }
    case 'PaymentActionRequired': {
      const { chargeId, url } = message.data;
      return { type: 'NoteChargeOutcome', chargeId, outcome: { kind: 'action_required', url } };
    }
    case 'PaymentMethodAdded':
      return { type: 'NoteCard', paymentMethodId: message.data.paymentMethodId, added: true };
    case 'PaymentMethodRemoved':
      return { type: 'NoteCard', paymentMethodId: message.data.paymentMethodId, added: false };
  }
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

type MessageRules = Readonly<Record<string, (value: unknown) => boolean>>;
const CHARGE: MessageRules = {
  chargeId: isText,
  invoiceId: isText,
  amount: isAmount,
  currency: isText,
  providerTime: isText,
};
const CARD: MessageRules = { paymentMethodId: isText };

/** The members that are used. */
const RULES: Readonly<Record<PaymentsMessage['type'], MessageRules>> = {
  PaymentSucceeded: CHARGE,
  PaymentFailed: { ...CHARGE, hard: (value) => typeof value === 'boolean' },
  PaymentActionRequired: { ...CHARGE, url: isText },
  PaymentMethodAdded: CARD,
  PaymentMethodRemoved: CARD,
};

/** Other programs may write to the topic. */
export function isPaymentsMessage(value: unknown): value is PaymentsMessage {
  const { organizationId, type, data } = (value ?? {}) as {
    readonly organizationId?: unknown;
    readonly type?: unknown;
    readonly data?: Readonly<Record<string, unknown>> | null;
  };
  if (!isText(organizationId) || typeof type !== 'string' || !Object.hasOwn(RULES, type)) return false;
  return Object.entries(RULES[type as PaymentsMessage['type']]).every(([member, holds]) => holds(data?.[member]));
}
