import {
  grantIdOf,
  grantingLine,
  lineIdOf,
  type BillingEvent,
  type BillingFacts,
  type InvoiceLine,
} from '@tallystick/domain/billing';
import type { SoldGrant } from '@tallystick/contracts/ledger';

/** Credits that a paid line must have granted. */
interface ExpectedGrant {
  readonly grantId: string;
  readonly credits: number;
}

interface SaleInStream {
  readonly lines: readonly InvoiceLine[];
  readonly cause: BillingFacts['InvoiceDrafted']['cause'];
  gross?: number;
  paid: number;
  credited: number;
  /** It counts: it was paid, or its lines were carried. */
  isApplied: boolean;
  /** The subscription ended before: what is paid later is for other lines. */
  isGivenUp: boolean;
}

/** The sales of a subscription stream, folded without its decider. */
export class SalesOfStream {
  private readonly sales = new Map<string, SaleInStream>();

  take({ type, data }: BillingEvent): void {
    if (type === 'InvoiceDrafted') {
      const { lines, cause } = data;
      this.sales.set(data.invoiceId, { lines, cause, paid: 0, credited: 0, isApplied: false, isGivenUp: false });
    }
    if (type === 'SubscriptionEnded')
      for (const sale of this.sales.values()) sale.isGivenUp ||= !sale.isApplied && sale.cause !== 'top-up';
    const sale = 'invoiceId' in data ? this.sales.get(data.invoiceId) : undefined;
    if (sale === undefined) return;
    if (type === 'InvoiceNumbered') sale.gross = data.gross;
    else if (type === 'PaymentReceived') sale.paid += data.amount;
    else if (type === 'CreditNoteNumbered') sale.credited += data.gross;
    sale.isApplied ||= !sale.isGivenUp && (type === 'LinesCarried' || isSettledByMoney(sale));
  }

  /** Of each invoice that was paid, and of each change whose lines the next invoice has. */
  expectedGrants(): readonly ExpectedGrant[] {
    return [...this.sales].flatMap(([invoiceId, sale]) => {
      const index = grantingLine(sale.lines);
      const credits = sale.lines[index]?.credits ?? 0;
      return sale.isApplied && credits > 0 ? [{ grantId: grantIdOf(lineIdOf(invoiceId, index)), credits }] : [];
    });
  }
}

/** An invoice that is credited in full before it is paid grants nothing. */
const isSettledByMoney = ({ gross, paid, credited }: SaleInStream): boolean =>
  gross !== undefined && credited < gross && paid + credited >= gross;

/** Every paid line has exactly one grant of its credits, and every sold grant one paid line. Returns what is wrong. */
export function crossCheck(expected: readonly ExpectedGrant[], grants: readonly SoldGrant[]): readonly string[] {
  const wrong: string[] = [];
  const left = new Map<string, number>();
  for (const { grantId, credits } of grants) {
    if (left.has(grantId)) wrong.push(`the grant ${grantId} was made twice`);
    left.set(grantId, credits);
  }
  for (const { grantId, credits } of expected) {
    const given = left.get(grantId);
    if (given === undefined) wrong.push(`${credits} credits were paid and not granted: there is no grant ${grantId}`);
    else if (given !== credits) wrong.push(`the grant ${grantId} has ${given} credits, and ${credits} were paid`);
    left.delete(grantId);
  }
  for (const [grantId, credits] of left)
    wrong.push(`the grant ${grantId} of ${credits} credits has no paid line of an invoice`);
  return wrong;
}
