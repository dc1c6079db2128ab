import { type DynamicModule, type FactoryProvider, Module, type ValueProvider } from '@nestjs/common';
import { CONFIGURATION, type Configuration, WrongStart } from './configuration';

@Module({})
class Provided {}

/** Ports that no module of this process stands behind. */
export const provide = (...providers: readonly (ValueProvider | FactoryProvider)[]): DynamicModule => ({
  module: Provided,
  providers: [...providers],
  exports: providers.map((it) => it.provide),
});

export interface LedgerAddress {
  readonly url: string;
  readonly key: string;
  readonly timeoutMilliseconds: number;
}

type Port<It> = abstract new () => It;

/** A port whose other end is the credit-ledger of another process. */
export const atLedger = <It>(port: Port<It>, make: (ledger: LedgerAddress) => It): FactoryProvider<It> => ({
  provide: port,
  inject: [CONFIGURATION],
  useFactory: (configuration: Configuration) => make(ledgerOf(configuration)),
});

function ledgerOf({ ledgerUrl, ledgerKey, ledgerTimeoutMilliseconds }: Configuration): LedgerAddress {
  if (ledgerUrl === undefined || ledgerKey === undefined)
    throw new WrongStart(
      `${ledgerUrl === undefined ? 'TALLY_LEDGER_URL' : 'TALLY_LEDGER_KEY'} is not set: job-intake in a process of its own must know its credit-ledger.`,
    );
  return { url: ledgerUrl, key: ledgerKey, timeoutMilliseconds: ledgerTimeoutMilliseconds };
}
