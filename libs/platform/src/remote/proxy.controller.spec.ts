import type { RemoteService } from './remote-service';
import { remoteOf } from './proxy.controller';

const remote = (name: string, ...routes: string[]): RemoteService => ({
  name,
  module: class {},
  settings: {},
  routes,
  proxy: Symbol(name),
});
const remotes = [
  remote('ledger', 'v1/organizations', 'v1/ops'),
  remote('billing', 'v1/invoices', 'v1/ops/invoices', 'v1/organizations/:organization/invoices'),
];

test.each([
  ['/v1/organizations', 'ledger'],
  ['/v1/organizations/acme/balance?limit=1', 'ledger'],
  ['/v1/ops/keys', 'ledger'],
  ['/v1/invoices/1', 'billing'],
  ['/v1/ops/invoices', 'billing'],
  ['/v1/other/../invoices', 'billing'],
  ['/v1/organizations/acme/invoices', 'billing'],
  ['/v1/organizations/acme/invoices/TEST-AB-000001?x=1', 'billing'],
  ['/v1/organizations/acme/invoicesX', 'ledger'],
  ['/v1/organizations//invoices', 'ledger'],
  ['/v1/organizationsX', undefined],
  ['/v1/payments', undefined],
  ['/v1/invoices/../../internal/jobs', undefined],
  ['/v1/%2e%2e/internal/jobs', undefined],
  ['/internal/jobs', undefined],
])('%s is forwarded to %s', (path, name) => {
  expect(remoteOf(remotes, path)?.name).toBe(name);
});
