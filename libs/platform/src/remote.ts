import { Module } from '@nestjs/common';
import { HttpCalls, RemoteKeys, rpcClient, ServiceProxy } from '@tallystick/adapters/http';
import { KeyDirectory, Readiness } from '@tallystick/contracts/http';
import { KEY_CALLS, LEDGER_CALLS, LedgerClient } from '@tallystick/contracts/ledger';
import { StartupError } from '@tallystick/runtime';
import { CONFIGURATION, type Configuration } from './configuration';
import { ProxyController } from './http/proxy/proxy.controller';

/** The credit-ledger of other processes: jobs and keys are asked of it, and what is its own to answer is handed on. */
@Module({
  controllers: [ProxyController],
  providers: [
    { provide: HttpCalls, inject: [CONFIGURATION], useFactory: callsOf },
    { provide: ServiceProxy, inject: [CONFIGURATION, HttpCalls, Readiness], useFactory: proxyOf },
    { provide: LedgerClient, inject: [HttpCalls], useFactory: (calls: HttpCalls) => rpcClient(LEDGER_CALLS, calls) },
    { provide: KeyDirectory, inject: [HttpCalls], useFactory: (calls: HttpCalls) => new RemoteKeys(calls) },
  ],
  exports: [LedgerClient, KeyDirectory],
})
export class RemoteLedgerModule {}

function callsOf(configuration: Configuration): HttpCalls {
  const { ledgerKey: key, ledgerTimeoutMilliseconds: timeoutMilliseconds, ledgerWaiting } = configuration;
  const urls = urlsOf(configuration);
  if (key === undefined) throw unset('TALLY_LEDGER_KEY');
  return new HttpCalls({ urls, key, timeoutMilliseconds, mostWaiting: ledgerWaiting });
}

function proxyOf(configuration: Configuration, calls: HttpCalls, readiness: Readiness): ServiceProxy {
  const proxy = new ServiceProxy(urlsOf(configuration), configuration.requestTimeoutSeconds * 1_000);
  readiness.add('ledger', async () => {
    const { status } = await proxy.request({
      method: 'GET',
      path: '/health/ready',
      headers: {},
      body: undefined,
    });
    if (status !== 200) return `it answered ${status}`;
    // Asks for no key at all: only whether the address and the internal key are the right ones.
    await calls.call(KEY_CALLS.find, []);
    return undefined;
  });
  return proxy;
}

function urlsOf({ ledgerUrls }: Configuration): readonly string[] {
  if (ledgerUrls === undefined) throw unset('TALLY_LEDGER_URL');
  return ledgerUrls;
}

const unset = (name: string): StartupError =>
  new StartupError(`${name} is not set: job-intake in a process of its own must know its credit-ledger.`);
