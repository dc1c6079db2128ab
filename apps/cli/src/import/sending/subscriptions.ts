import type { CliClient } from '../../client/client';
import { path } from '../../options';

const NOT_FOUND = 404;

interface SubscriptionState {
  readonly status: 'none' | 'legacy' | 'active' | 'past_due' | 'ended';
}

/** Subscribes the organizations of an import to a plan. An operator pays, by hand, what the first invoice demands. */
export class ImportSubscriptions {
  /** The server has no billing, so that the plan was not imported. */
  isMissing = false;

  constructor(
    private readonly client: CliClient,
    readonly plan: string,
    /** Of the billing details. Prices that include tax require it. */
    private readonly country: string | undefined,
  ) {}

  /** Safe to repeat: an unpaid first invoice is replaced, and an organization that has subscribed is left as it is. */
  async subscribe(id: string): Promise<void> {
    if (this.isMissing) return;
    const { status, body } = await this.client.request<SubscriptionState>(
      { method: 'GET', path: path(id, '/subscription'), as: 'operator' },
      [NOT_FOUND],
    );
    this.isMissing = status === NOT_FOUND;
    if (this.isMissing || body.status !== 'none') return;
    await this.put(`/v1/ops${path(id, '/payment-method').slice('/v1'.length)}`, { kind: 'manual' });
    if (this.country !== undefined) await this.put(path(id, '/billing-details'), { country: this.country });
    const order = await this.client.request<{ invoice: string | null }>({
      path: path(id, '/subscription'),
      body: { plan: this.plan, provider: 'manual' },
      as: 'operator',
    });
    await this.pay(order.body.invoice);
  }

  private async pay(invoice: string | null): Promise<void> {
    if (invoice === null) return;
    const body = { reason: 'import' };
    await this.client.request({
      path: `/v1/ops/invoices/${encodeURIComponent(invoice)}/payments`,
      body,
      as: 'operator',
    });
  }

  private async put(to: string, body: object): Promise<void> {
    await this.client.request({ method: 'PUT', path: to, body, as: 'operator' });
  }
}
