import { temporaryDirectory } from '../harness/cleanup';
import { GRANTED, USED } from '../support/leapocr';
import { Client } from './client';
import { OPERATOR_KEY, startStandalone } from './server';
import { expectReply, nameOf, Target } from './target';

export const ORGANIZATIONS = 100;
const PATIENCE_MILLISECONDS = 120_000;

/** The product in a process of its own, its organizations opened and credited. */
export async function startProduct() {
  const directory = temporaryDirectory();
  const server = await startStandalone(directory.path);
  const operator = new Client(server.url, OPERATOR_KEY, 16);
  const post = async (path: string, body: object) =>
    JSON.parse(expectReply(await operator.post(path, JSON.stringify(body)), 201).body) as { key: string };
  const ids = Array.from({ length: ORGANIZATIONS }, (_, organization) => nameOf(organization));
  await Promise.all(ids.map((id) => post('/v1/organizations', { id, name: id })));
  const grant = { grantId: 'grant', kind: 'top-up', credits: GRANTED, reason: 'benchmark' };
  await Promise.all(ids.map((id) => post(`/v1/organizations/${id}/grants`, grant)));
  const { key } = await post('/v1/ops/keys', { role: 'service', name: 'benchmark' });
  return {
    target: new Target(server.url, key),
    /** Resolves when the balances that anyone can read say that all of these jobs are consumed; never a credit more or less. */
    settled: async (jobs: number) => {
      const started = performance.now();
      for (;;) {
        const balances = await Promise.all(ids.map((id) => operator.get(`/v1/organizations/${id}/balance`)));
        const consumed = balances
          .map((reply) => JSON.parse(expectReply(reply, 200).body) as { consumed: number; reserved: number })
          .reduce((sum, balance) => sum + balance.consumed, 0);
        if (consumed === USED * jobs) return;
        if (consumed > USED * jobs || performance.now() - started > PATIENCE_MILLISECONDS)
          throw new Error(`The balances say ${consumed} consumed where ${USED * jobs} was right.`);
        await new Promise((resume) => setTimeout(resume, 50));
      }
    },
    stop: async () => {
      operator.close();
      await server.stop();
      directory.remove();
    },
  };
}
