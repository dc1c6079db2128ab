import { temporaryDirectory } from '../harness/cleanup';
import { Accounts } from './accounts';
import { OPERATOR_KEY, startStandalone } from './server';
import { LoadTarget } from './target';

export const ORGANIZATIONS = 100;

/** The product in its own process, with organizations that have credits. */
export async function startProduct() {
  const directory = temporaryDirectory();
  const server = await startStandalone(directory.path);
  const accounts = new Accounts(server.url, OPERATOR_KEY, ORGANIZATIONS);
  await accounts.open();
  const { key } = await accounts.post('/v1/ops/keys', { role: 'service', name: 'benchmark' });
  return {
    target: new LoadTarget(server.url, key),
    settled: (jobs: number) => accounts.settled(jobs),
    stop: async () => {
      accounts.close();
      await server.stop();
      directory.remove();
    },
  };
}
