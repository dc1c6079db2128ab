import { type DynamicModule, Module, type ValueProvider } from '@nestjs/common';
import { type Configuration, WrongStart } from './configuration';

@Module({})
class Provided {}

/** Ports that live in no module of this process. */
export const provide = (...providers: readonly ValueProvider[]): DynamicModule => ({
  module: Provided,
  providers: [...providers],
  exports: providers.map((it) => it.provide),
});

export interface LedgerAddress {
  readonly url: string;
  readonly key: string;
  readonly timeoutMilliseconds: number;
}

/** Where the credit-ledger of another process is. */
export function ledgerOf({ ledgerUrl, ledgerKey, ledgerTimeoutMilliseconds }: Configuration): LedgerAddress {
  if (ledgerUrl === undefined || ledgerKey === undefined)
    throw new WrongStart(
      `${ledgerUrl === undefined ? 'TALLY_LEDGER_URL' : 'TALLY_LEDGER_KEY'} is not set: job-intake in a process of its own must know its credit-ledger.`,
    );
  return { url: ledgerUrl, key: ledgerKey, timeoutMilliseconds: ledgerTimeoutMilliseconds };
}
