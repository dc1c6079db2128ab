import { grantIdOf, lineIdOf, type InvoiceDocument } from '@tallystick/domain/billing';
import type { SoldGrant } from '@tallystick/contracts/ledger';

/** Credits that a paid line must have granted. */
interface PaidLine {
  readonly grantId: string;
  readonly credits: number;
}

/** The lines of paid invoices that grant credits. */
export function paidLines(documents: readonly InvoiceDocument[]): readonly PaidLine[] {
  return documents.flatMap(({ invoice, payments }) => {
    const isPaid = invoice !== undefined && sum(payments.map(({ amount }) => amount)) >= invoice.gross;
    if (!isPaid) return [];
    return invoice.lines.flatMap(({ credits = 0 }, index) =>
      credits > 0 ? [{ grantId: grantIdOf(lineIdOf(invoice.invoiceId, index)), credits }] : [],
    );
  });
}

/** Every paid line has exactly one grant of its credits, and every sold grant one paid line. Returns what is wrong. */
export function crossCheck(lines: readonly PaidLine[], grants: readonly SoldGrant[]): readonly string[] {
  const wrong: string[] = [];
  const granted = new Map<string, number>();
  for (const { grantId, credits } of grants) {
    if (granted.has(grantId)) wrong.push(`the grant ${grantId} was made twice`);
    granted.set(grantId, credits);
  }
  for (const { grantId, credits } of lines) {
    const given = granted.get(grantId);
    if (given === undefined) wrong.push(`${credits} credits were paid but not granted: there is no grant ${grantId}`);
    else if (given !== credits) wrong.push(`the grant ${grantId} has ${given} credits; ${credits} were paid`);
    granted.delete(grantId);
  }
  for (const [grantId, credits] of granted) wrong.push(`the grant ${grantId} of ${credits} credits has no paid invoice line`);
  return wrong;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
