import { eventually } from '../../support/callers';
import type { TestResponse } from '../../support/server';
import type { BillingSandbox } from './sandbox';

/** One organization of a sandbox, and what a test does with it. Calls have the operator key unless another one is given. */
export class Account {
  private jobs = 0;

  private constructor(
    readonly sandbox: BillingSandbox,
    readonly id: string,
  ) {}

  static async open(sandbox: BillingSandbox, more: { currency?: string; country?: string } = {}): Promise<Account> {
    const { country, ...organization } = more;
    const account = new Account(sandbox, sandbox.newId());
    await sandbox.ok('POST', '/v1/organizations', {
      id: account.id,
      name: `Organization ${account.id}`,
      ...organization,
    });
    if (country !== undefined) await account.ok('PUT', '/billing-details', { ...BUYER, country });
    return account;
  }

  /** An organization that has used its trial credits, then bought a plan, then used some of its credits. */
  static async subscriber(
    sandbox: BillingSandbox,
    plan: string,
    { used = 0, ...more }: { used?: number; currency?: string; country?: string } = {},
  ): Promise<Account> {
    const account = await Account.open(sandbox, more);
    await account.useTrial();
    await account.buy(plan);
    if (used > 0) await account.use(used);
    return account;
  }

  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestResponse> {
    return this.sandbox.call(method, `/v1/organizations/${this.id}${path}`, body, headers);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- response bodies are compared as they are
  ok(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<any> {
    return this.sandbox.ok(method, `/v1/organizations/${this.id}${path}`, body, headers);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  get(path: string): Promise<any> {
    return this.ok('GET', path);
  }

  /** Subscribes with the card of the organization, which is charged at once. */
  async buy(plan: string, more: object = {}): Promise<void> {
    await this.ok('POST', '/subscription', { plan, ...more });
    await this.sandbox.settle();
    await eventually(
      () => this.get('/subscription'),
      ({ status, plan: bought }) => status === 'active' && bought === plan,
    );
  }

  /** Previews a change of plan, confirms it and waits for its payment. The answer is the preview. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  async change(plan: string): Promise<any> {
    const preview = await this.ok('POST', '/subscription/changes', { plan });
    const confirmed = await this.ok('POST', `/subscription/changes/${preview.id}/confirm`);
    await this.sandbox.settle();
    return { ...preview, confirmed };
  }

  /** Runs a job that consumes these credits. */
  async use(credits: number, more: object = {}): Promise<void> {
    const { status, body } = await this.submit(credits, more);
    if (status !== 202) throw new Error(`A job of ${credits} credits was refused: ${JSON.stringify(body)}`);
    const end = { organizationId: this.id };
    await this.sandbox.ok('POST', `/v1/jobs/${body.jobId}/complete`, end);
  }

  /** Uses up the trial credits, where the catalog grants some at the first use. */
  private async useTrial(): Promise<void> {
    const { status, body } = await this.submit(TRIAL);
    if (status === 202) await this.sandbox.ok('POST', `/v1/jobs/${body.jobId}/complete`, { organizationId: this.id });
  }

  /** Submits a job that needs these credits. */
  submit(credits: number, more: object = {}): Promise<TestResponse> {
    const job = { id: `${this.id}-job-${(this.jobs += 1)}`, organizationId: this.id, projectId: 'p' };
    return this.sandbox.call('POST', '/v1/jobs', { ...job, operation: WORK, usage: { pages: credits }, ...more });
  }

  /** Sets the outcomes of the next charges, or replaces or removes the card. */
  script(what: { next?: readonly string[]; card?: 'new' | 'none' }): Promise<unknown> {
    return this.sandbox.ok('PUT', `/v1/sandbox/payments/${this.id}`, what);
  }

  /** Ends charges that are processing or wait for the customer. */
  async settlePayment(outcome: 'paid' | 'declined', invoice?: string): Promise<void> {
    await this.sandbox.ok('PUT', `/v1/sandbox/payments/${this.id}/settle`, { outcome, invoice });
    await this.sandbox.settle();
  }

  async available(): Promise<number> {
    return (await this.get('/balance')).available;
  }

  /** The invoices of the organization, the oldest first, with their lines. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  async invoices(): Promise<any[]> {
    const { data } = await this.get('/invoices?limit=100');
    const numbers: string[] = data.flatMap(({ number }: { number: string | null }) => number ?? []).sort();
    return Promise.all(numbers.map((number) => this.get(`/invoices/${number}`)));
  }

  /** Records money that came by bank transfer for an invoice: by default all that is due. */
  pay(invoice: string, more: object = {}, headers?: Record<string, string>): Promise<TestResponse> {
    return this.sandbox.call('POST', `/v1/ops/invoices/${invoice}/payments`, { reason: 'transfer', ...more }, headers);
  }

  /** Lets the organization pay by bank transfer within these days. */
  payByTransfer(paymentTermsDays = 14): Promise<TestResponse> {
    const method = { kind: 'manual', paymentTermsDays };
    return this.sandbox.call('PUT', `/v1/ops/organizations/${this.id}/payment-method`, method);
  }

  /** When charges were requested, in order, with how they ended. */
  async charges(): Promise<readonly string[]> {
    const { data } = await this.get('/payments?limit=100');
    return data.map(({ at, status }: { at: string; status: string }) => `${at} ${status}`).sort();
  }

  /** The grants that invoices paid for, the oldest first. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  async soldGrants(): Promise<any[]> {
    const { data } = await this.get('/grants?limit=500');
    return data
      .filter(({ grantId }: { grantId: string }) => grantId.startsWith('invoice:'))
      .sort((a: { revision: number }, b: { revision: number }) => a.revision - b.revision);
  }

  /** The events of its credits, the oldest first. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  async events(type?: string): Promise<any[]> {
    const { data } = await this.get('/events?limit=1000');
    return type === undefined ? data : data.filter((event: { type: string }) => event.type === type);
  }
}

/** Credits of the trial in the catalog of Iteration Layer. */
const TRIAL = 500;
/** One credit for each page, in the catalog of Iteration Layer and in own catalogs. */
const WORK = 'document-extraction';

export const BUYER = {
  name: 'Example Buyer',
  address: 'Example Street 1\n10115 Example',
  email: 'billing@example.com',
};
