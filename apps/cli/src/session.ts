import type { Command } from 'commander';
import type { CliClient } from './client/client';
import type { CliHost } from './host';
import { bar, NO_PROGRESS, type ProgressDisplay } from './output/progress';
import { usageError } from './command-exit';

export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** Context of one command. */
export interface CommandSession {
  readonly client: CliClient;
  readonly host: CliHost;
  readonly isJson: boolean;
  /** The given organization, or that of the demo. */
  organization(given: string | undefined): string;
  /** Prints the result: JSON with --json, else the text. */
  printResult(value: unknown, text: () => string): void;
  progress(units: string, total: number): ProgressDisplay;
}

/** `Args` are strings, or a list of strings for a repeatable argument. */
type SessionHandler<Options, Args extends readonly unknown[]> = (
  session: CommandSession,
  options: Options,
  ...args: Args
) => Promise<number | void>;

/** Converts a handler to a commander action. The handler returns the exit code. */
export type RunCommand = <Options, Args extends readonly unknown[] = (string | undefined)[]>(
  handler: SessionHandler<Options, Args>,
) => (...given: unknown[]) => Promise<void>;

export const runner =
  (host: CliHost, finish: (exitCode: number) => void): RunCommand =>
  (handler) =>
  async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const { client, organizationId } = await host.connect(options);
    const session: CommandSession = {
      client,
      host,
      isJson: options.json === true,
      organization: (named) => named ?? organizationId ?? unnamed(command),
      printResult: (value, text) => host.out(options.json ? JSON.stringify(value, null, 2) : text()),
      progress: (units, total) => (host.terminal && !options.json ? bar(host.terminal, units, total) : NO_PROGRESS),
    };
    try {
      finish((await handler(session, options as never, ...(given.slice(0, -2) as never))) ?? 0);
    } finally {
      await client.close();
    }
  };

function unnamed(command: Command): never {
  throw usageError(`Name the organization: tally ${command.name()} ORGANIZATION.`);
}
