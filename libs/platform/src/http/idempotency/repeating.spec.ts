import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALLED } from '../../configuration';
import { howToRepeat, OWN_IDS, WITHOUT_KEY } from './repeating';

const KEY = 'Send the same again with the same Idempotency-Key: it is done once.';

test.each<[string, string, boolean, string]>([
  ['POST', '/v1/jobs', false, 'a job counts once'],
  ['POST', '/v1/jobs/batch', true, 'a job counts once'],
  ['POST', '/v1/jobs/j1/complete', false, 'a job counts once'],
  ['POST', '/v1/events', false, 'a job counts once'],
  ['POST', '/v1/ops/dead-letters/0-1/redrive', false, 'a job counts once'],
  ['POST', '/v1/organizations/acme/grants', true, KEY],
  ['POST', '/v1/organizations/acme/grants?x=1', false, 'with the same grantId'],
  ['DELETE', '/v1/organizations/acme/grants/g1', false, 'it is done once'],
  ['POST', '/v1/organizations', false, 'it is done once'],
  ['PUT', '/v1/organizations/acme/settings', false, 'it is done once'],
  ['POST', '/v1/organizations/acme/keys', true, KEY],
  ['POST', '/v1/organizations/acme/keys/', false, 'it makes another key'],
  ['POST', '/v1/ops/keys', false, 'it makes another key'],
  ['POST', '/v1/organizations/acme/keys/k1/roll', false, 'answered last'],
  ['DELETE', '/v1/organizations/acme/keys/k1', false, 'it is done once'],
  ['POST', '/v1/ops/verify', false, 'changes nothing'],
  ['GET', '/v1/organizations/acme', false, 'Send the same again.'],
])('%s %s, with a key: %s', (method, address, hasKey, said) => {
  expect(howToRepeat(method, address, hasKey)).toContain(said);
});

test.each([...OWN_IDS, ...WITHOUT_KEY].map(([form]) => [form]))('the advice for %s is for a write of today', (form) => {
  const { paths } = JSON.parse(readFileSync(join(INSTALLED!, 'docs/openapi.json'), 'utf8')) as {
    paths: Record<string, object>;
  };
  const writes = Object.entries(paths).filter(([, item]) => 'post' in item || 'put' in item);
  expect(writes.map(([path]) => path)).toContainEqual(expect.stringMatching(form));
});
