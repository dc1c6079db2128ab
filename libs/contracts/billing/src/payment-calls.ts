import { call, id, Must, type RpcMethods } from '@tallystick/contracts/http';

/** A card on file. Never its number. */
export interface CardOnFile {
  readonly paymentMethodId: string;
  readonly brand: string;
  readonly lastFour: string;
  readonly expiresInYear: number;
  readonly expiresInMonth: number;
  readonly isDefault: boolean;
}

class PaymentMethodsCallDto {
  @Must(id()) argument!: string;
}

/** The synchronous calls of billing to the card provider. Charges are events. */
export const PAYMENT_CALLS = {
  /** The cards of an organization, the default card first. */
  paymentMethods: call<string, readonly CardOnFile[]>({
    path: '/internal/payments/methods',
    body: PaymentMethodsCallDto,
    readOnly: true,
  }),
} as const;

/** The card provider for billing: in the same process, or in another one. */
export type PaymentProvider = RpcMethods<typeof PAYMENT_CALLS>;
/** The token of its provider. Absent where no card provider is configured. */
export const PaymentProvider = class PaymentProvider {} as unknown as abstract new () => PaymentProvider;
