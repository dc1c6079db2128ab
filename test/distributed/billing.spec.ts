import { caller, eventually } from '../support/callers';
import { Installation } from '../support/distributed/installation';
import { QUICK, TestServers, whyNotDistributed } from '../support/distributed/test-servers';
import type { ServerProcess } from '../support/server-process';

// Billing in two processes, behind the one address of job-intake, on the clock of the system.

/** Includes the wait for other specs that start the distributed form. */
const WAIT = 1_800_000;
jest.setTimeout(180_000);

const why = whyNotDistributed();
if (why !== undefined) process.stderr.write(`skipped: billing in two processes: ${why}\n`);
const describeOrSkip = why === undefined ? describe : describe.skip;

describeOrSkip(`billing in two processes${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let servers: TestServers;
  let installation: Installation;
  let operator: ReturnType<typeof caller>;
  beforeAll(async () => {
    servers = await TestServers.start({ postgres: QUICK, serial: true });
    const { environment } = await servers.share();
    installation = await Installation.start({ environment, billing: 2 });
    const server = { url: installation.url } as Parameters<typeof caller>[0];
    operator = caller(server, { key: installation.operatorKey });
  }, WAIT);
  afterAll(async () => {
    await installation?.stop();
    await servers?.stop();
  }, 60_000);

  /** An organization that pays by transfer and has ordered a plan. */
  async function ordered(id: string) {
    const at = `/v1/organizations/${id}`;
    const ok = async (...request: Parameters<typeof operator>) => {
      const { status, body } = await operator(...request);
      if (status >= 300) throw new Error(`${request[0]} ${request[1]} answered ${status}: ${JSON.stringify(body)}`);
      return body;
    };
    await ok('POST', '/v1/organizations', { id, name: id });
    await ok('PUT', `/v1/ops/organizations/${id}/payment-method`, { kind: 'manual', paymentTermsDays: 14 });
    const { invoice } = await ok('POST', `${at}/subscription`, { plan: 'developer' });
    const pay = () => operator('POST', `/v1/ops/invoices/${invoice}/payments`, { reason: 'transfer' });
    return { pay, get: (path: string) => ok('GET', at + path) };
  }

  async function expectOnePurchase({ get }: Awaited<ReturnType<typeof ordered>>): Promise<void> {
    await eventually(
      () => get('/subscription'),
      ({ status }) => status === 'active',
      60_000,
    );
    const { data: grants } = await get('/grants');
    expect(grants).toMatchObject([{ credits: 1000, available: 1000, kind: 'package' }]);
    const { data: invoices } = await get('/invoices');
    expect(invoices).toMatchObject([{ status: 'paid', gross: 2999, paid: 2999, due: 0 }]);
    expect(invoices[0].number).toMatch(/-000001$/);
    expect((await get('/payments')).data).toHaveLength(1);
  }

  test('an order that is paid through job-intake leads to one invoice and one grant', async () => {
    const order = await ordered('paid');
    const answers = await Promise.all([order.pay(), order.pay(), order.pay()]);
    expect(answers.filter(({ status }) => status < 300).length).toBeGreaterThanOrEqual(1);
    expect(answers.filter(({ status }) => ![201, 200, 409].includes(status))).toEqual([]);
    await expectOnePurchase(order);
  });

  test('many orders at once are completed while one of the processes is killed', async () => {
    const orders = await Promise.all(Array.from({ length: 10 }, (_, index) => ordered(`many-${index}`)));
    const paying = orders.map(async ({ pay }) => {
      await eventually(pay, ({ status }) => status < 300 || status === 409, 60_000);
    });
    const [first, second] = installation.billing as [ServerProcess, ServerProcess];
    await paying[0];
    await first.kill();
    await Promise.all(paying);
    for (const order of orders) await expectOnePurchase(order);
    expect(second.isRunning).toBe(true);
  });
});
