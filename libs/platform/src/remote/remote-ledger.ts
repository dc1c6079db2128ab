import { Module } from '@nestjs/common';
import { HttpCalls, RemoteKeys, rpcClient, ServiceProxy } from '@tallystick/adapters/http';
import { KeyDirectory, Readiness } from '@tallystick/contracts/http';
import { KEY_CALLS, LEDGER_CALLS, LEDGER_ROUTES, LedgerClient } from '@tallystick/contracts/ledger';
import { CONFIGURATION, type SettingValues, urls, whole } from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';
import type { Configuration } from '../configuration';
import type { RemoteService } from './remote-service';

const SETTINGS = {
  ledgerUrls: urls({
    name: 'TALLY_LEDGER_URL',
    purpose:
      'job-intake and billing in processes of their own only: the TALLY_INTERNAL_LISTEN of their credit-ledger, of each replica or of all by one name.',
  }),
  ledgerTimeoutMilliseconds: whole(
    {
      name: 'TALLY_LEDGER_TIMEOUT_MS',
      default: '5000',
      purpose:
        'Milliseconds that job-intake and billing wait for one answer of their credit-ledger; they ask again once or twice.',
    },
    100,
    60_000,
  ),
  ledgerWaiting: whole(
    {
      name: 'TALLY_LEDGER_MAX_WAITING',
      default: '5000',
      purpose:
        'Maximum number of calls that wait in a process for its credit-ledger, such as jobs in job-intake. Further ones are refused at once with 503, to be retried.',
    },
    1,
    1_000_000,
  ),
} as const;

type RemoteLedgerSettings = SettingValues<typeof SETTINGS> & Configuration;

const PROXY = Symbol('LEDGER_PROXY');

/** Clients of a credit-ledger in other processes. */
@Module({
  providers: [
    { provide: HttpCalls, inject: [CONFIGURATION], useFactory: callsOf },
    { provide: PROXY, inject: [CONFIGURATION, HttpCalls, Readiness], useFactory: proxyOf },
    { provide: LedgerClient, inject: [HttpCalls], useFactory: (calls: HttpCalls) => rpcClient(LEDGER_CALLS, calls) },
    { provide: KeyDirectory, inject: [HttpCalls], useFactory: (calls: HttpCalls) => new RemoteKeys(calls) },
  ],
  exports: [LedgerClient, KeyDirectory],
})
class RemoteLedgerModule {}

export const remoteLedger: RemoteService = {
  name: 'credit-ledger',
  module: RemoteLedgerModule,
  settings: SETTINGS,
  routes: LEDGER_ROUTES,
  proxy: PROXY,
};

function callsOf(configuration: RemoteLedgerSettings): HttpCalls {
  const { ledgerKey: key, ledgerTimeoutMilliseconds: timeoutMilliseconds, ledgerWaiting } = configuration;
  const urls = urlsOf(configuration);
  if (key === undefined) throw unset('TALLY_LEDGER_KEY');
  return new HttpCalls({ urls, key, timeoutMilliseconds, mostWaiting: ledgerWaiting });
}

function proxyOf(configuration: RemoteLedgerSettings, calls: HttpCalls, readiness: Readiness): ServiceProxy {
  const proxy = new ServiceProxy(urlsOf(configuration), configuration.requestTimeoutSeconds * 1_000);
  readiness.add('ledger', async () => {
    const { status } = await proxy.request({
      method: 'GET',
      path: '/health/ready',
      headers: {},
      body: undefined,
    });
    if (status !== 200) return `it answered ${status}`;
    // Looks up no key: it checks the address and the internal key.
    await calls.call(KEY_CALLS.find, []);
    return undefined;
  });
  return proxy;
}

function urlsOf({ ledgerUrls }: RemoteLedgerSettings): readonly string[] {
  if (ledgerUrls === undefined) throw unset('TALLY_LEDGER_URL');
  return ledgerUrls;
}

const unset = (name: string): StartupError =>
  new StartupError(
    `${name} is not set: job-intake and billing in processes of their own must know their credit-ledger.`,
  );
