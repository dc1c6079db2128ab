import { createHash } from 'node:crypto';
import type { PaymentsEvents, PaymentsEventType, PaymentsMessage } from '@tallystick/contracts/billing';
import type { Instant } from '@tallystick/domain/kernel';
import type { DecidedCharge } from './charge-records';

const message = <Type extends PaymentsEventType>(
  organizationId: string,
  id: string,
  type: Type,
  data: PaymentsEvents[Type],
): PaymentsMessage =>
  ({
    id,
    organizationId,
    type,
    data,
    metadata: { schemaVersion: 1, recordedAt: data.providerTime },
  }) as PaymentsMessage;

/** The message that reports a charge; undefined while it is processing. */
export function chargeMessage({
  organizationId,
  charge,
  outcome,
  at,
  settled,
}: DecidedCharge): PaymentsMessage | undefined {
  const end = settled ?? { outcome, at };
  const data = { ...charge, providerTime: end.at };
  const id = `${organizationId}:${charge.chargeId}:${end.outcome}`;
  switch (end.outcome) {
    case 'paid':
      return message(organizationId, id, 'PaymentSucceeded', data);
    case 'declined':
      return message(organizationId, id, 'PaymentFailed', { ...data, declineCode: 'generic_decline', hard: false });
    case 'declined_hard':
      return message(organizationId, id, 'PaymentFailed', { ...data, declineCode: 'stolen_card', hard: true });
    case 'no_card':
      return message(organizationId, id, 'PaymentFailed', { ...data, declineCode: 'no_card', hard: false });
    case 'requires_action':
      return message(organizationId, id, 'PaymentActionRequired', { ...data, url: confirmationUrl(charge.chargeId) });
    case 'processing':
      return undefined;
  }
}

/** There is no such page: `settle` plays the customer. */
const confirmationUrl = (chargeId: string): string =>
  `https://payments.invalid/confirm/${encodeURIComponent(chargeId)}`;

export const cardAdded = (organizationId: string, card: number, providerTime: Instant): PaymentsMessage =>
  message(organizationId, `${organizationId}:card-${card}:added`, 'PaymentMethodAdded', {
    paymentMethodId: cardId(card),
    fingerprintHash: createHash('sha256').update(`${organizationId} ${card}`).digest('base64url'),
    providerTime,
  });

export const cardRemoved = (organizationId: string, card: number, providerTime: Instant): PaymentsMessage =>
  message(organizationId, `${organizationId}:card-${card}:removed`, 'PaymentMethodRemoved', {
    paymentMethodId: cardId(card),
    providerTime,
  });

export const cardId = (card: number): string => `card-${card}`;
