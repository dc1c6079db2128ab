import { Transform } from 'class-transformer';
import { BOUNDS, flag, id, May, Must, oneOf, text, whole, type Rule } from '@tallystick/contracts/http';
import { OVERAGES, PageQueryDto } from '@tallystick/contracts/ledger';

const COUNTRY_FORM = /^[A-Z]{2}$/;
const VAT_ID_FORM = /^[A-Z]{2}[A-Z0-9]{2,14}$/;
const MAIL_FORM = /^[^\s@]{1,64}@[^\s@]{1,190}$/;
const ADDRESS_LENGTH = 1_000;

const form = (name: string, pattern: RegExp, message: string): Rule => ({
  name,
  schema: { type: 'string', pattern: pattern.source },
  message,
  holds: (value) => typeof value === 'string' && pattern.test(value),
});

const currency = () => form('text', /^[A-Z]{3}$/, 'Give a currency as three capital letters of ISO 4217, like USD.');
const revision = (): Rule => whole(0, Number.MAX_SAFE_INTEGER);
const WHOLE = /^\d{1,16}$/;
const number = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && WHOLE.test(value) ? Number(value) : value,
  );

export class SubscribeDto {
  @Must(text(BOUNDS.nameLength)) plan!: string;
  /** Default: that of the organization. */
  @May(currency()) currency?: string | null;
  /** `manual`: an operator records the payment. Default: the payment method of the organization. */
  @May(oneOf(['manual'])) provider?: 'manual' | null;
}

export class ChangePlanDto {
  @Must(text(BOUNDS.nameLength)) plan!: string;
}

export const CANCEL_TIMES = ['period-end', 'now'] as const;

export class CancelQueryDto {
  /** Default: `period-end`. */
  @May(oneOf(CANCEL_TIMES)) when?: (typeof CANCEL_TIMES)[number];
}

export class OverageDto {
  @Must(oneOf(OVERAGES)) mode!: (typeof OVERAGES)[number];
}

/** Replaces all details: a member that is absent or null is removed. */
export class BillingDetailsDto {
  @May(text(BOUNDS.nameLength)) name?: string | null;
  @May(text(ADDRESS_LENGTH)) address?: string | null;
  @May(form('text', COUNTRY_FORM, 'Give a country as two capital letters of ISO 3166, like DE.')) country?:
    string | null;
  @May(
    form('text', VAT_ID_FORM, 'Give a VAT id as its country and 2 to 14 capital letters or digits, like DE123456789.'),
  )
  vatId?: string | null;
  @May(form('text', MAIL_FORM, 'Give an e-mail address.')) email?: string | null;
}

export class BillingQueryDto {
  /** Waits until the answer has this revision of the organization's subscription stream. */
  @May(revision()) @number() atLeastRevision?: number;
}

export class InvoicesQueryDto extends PageQueryDto {
  @May(oneOf(['draft', 'open', 'paid', 'past_due', 'uncollectible', 'void', 'written_off'])) status?: string;
  @May(revision()) @number() atLeastRevision?: number;
}

export class BillingListQueryDto extends PageQueryDto {
  /** The number of an invoice. */
  @May(id()) invoice?: string;
  @May(revision()) @number() atLeastRevision?: number;
}

export class ReviewDto {
  @Must(flag()) on!: boolean;
}

export const PAYMENT_METHOD_KINDS = ['manual', 'card'] as const;
const MAX_TERMS_DAYS = 365;

/** `manual`: an operator records the payments. `card`: invoices are charged to the card on file. */
export class PaymentMethodDto {
  @Must(oneOf(PAYMENT_METHOD_KINDS)) kind!: (typeof PAYMENT_METHOD_KINDS)[number];
  /** Days after which an unpaid invoice is past due. For `manual`; default: 14. */
  @May(whole(1, MAX_TERMS_DAYS)) paymentTermsDays?: number | null;
}
