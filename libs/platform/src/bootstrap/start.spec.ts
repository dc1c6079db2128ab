import { createLogger } from '../logging';
import { readConfiguration } from '../configuration';
import { testAdapters, testServices } from '../../support/app';
import { start } from './start';

const configuration = readConfiguration({}, [], {
  TALLY_LISTEN: '127.0.0.1:0',
  TALLY_OPERATOR_KEY: 'operator-key-of-this-test',
});
const logger = createLogger('test', configuration, { write: () => undefined });
const service = { name: 'test', services: testServices(), adapters: async () => testAdapters() };

test('it is ready only when what it leaves in the data directory is written', async () => {
  const ready = async (url: string) => {
    const answer = await fetch(`${url}/health/ready`);
    return [answer.status, ((await answer.json()) as { checks: Record<string, string> }).checks['service']];
  };
  const seen: unknown[] = [];
  const { url, stop } = await start(service, configuration, logger, async (listening) => {
    seen.push(await ready(listening.url));
  });
  seen.push(await ready(url));
  await stop();
  expect(seen).toEqual([
    [503, 'starting'],
    [200, 'ok'],
  ]);
});

test('a start that cannot write it ends, and listens no more', async () => {
  let asked = '';
  const starting = start(service, configuration, logger, async ({ url }) => {
    asked = url;
    throw new Error('no room');
  });
  await expect(starting).rejects.toThrow('no room');
  await expect(fetch(asked)).rejects.toThrow('fetch failed');
});
