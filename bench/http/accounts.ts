import { GRANTED, USED } from '../support/leapocr';
import { LoadClient } from './client';
import { expectReply, nameOf } from './target';

const PATIENCE_MILLISECONDS = 120_000;
const LOOK_MILLISECONDS = 20;
/** Polling slows down the server: at most a tenth of the time. */
const LOOK_SHARE = 0.1;

interface SampledAccount {
  readonly consumed: number;
  readonly reserved: number;
}

/** The organizations of a running product, read with an operator key. */
export class Accounts {
  private readonly client: LoadClient;

  constructor(
    url: string,
    operatorKey: string,
    private readonly organizations: number,
  ) {
    this.client = new LoadClient(url, operatorKey, 16);
  }

  async open(): Promise<void> {
    const ids = Array.from({ length: this.organizations }, (_, organization) => nameOf(organization));
    await Promise.all(ids.map((id) => this.post('/v1/organizations', { id, name: id })));
    const grant = { grantId: 'grant', kind: 'top-up', credits: GRANTED, reason: 'benchmark' };
    await Promise.all(ids.map((id) => this.post(`/v1/organizations/${id}/grants`, grant)));
  }

  async post(path: string, body: object): Promise<{ readonly key: string }> {
    const reply = await this.client.post(path, JSON.stringify(body));
    return JSON.parse(expectReply(reply, 201).body) as { key: string };
  }

  /** Resolves when the public balances show these jobs as consumed and these as reserved. Throws on a wrong total. */
  async settled(jobs: number, reserved = 0): Promise<void> {
    const started = performance.now();
    for (;;) {
      const looked = performance.now();
      const sum = await this.sum();
      if (sum.consumed === USED * jobs && sum.reserved === reserved) return;
      if (sum.consumed > USED * jobs || performance.now() - started > PATIENCE_MILLISECONDS)
        throw new Error(
          `The balances show ${sum.consumed} consumed and ${sum.reserved} reserved, expected ${USED * jobs} and ${reserved}.`,
        );
      const pause = Math.max(LOOK_MILLISECONDS, (performance.now() - looked) / LOOK_SHARE);
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }

  close(): void {
    this.client.close();
  }

  /** One request for all organizations, to keep the load small. */
  private async sum(): Promise<SampledAccount> {
    const reply = await this.client.get('/v1/ops/organizations?limit=1000');
    const { data } = JSON.parse(expectReply(reply, 200).body) as { data: readonly SampledAccount[] };
    const of = (name: keyof SampledAccount) => data.reduce((sum, row) => sum + row[name], 0);
    return { consumed: of('consumed'), reserved: of('reserved') };
  }
}
