import type { Command } from 'commander';
import type { Client } from './client/client';
import type { Host } from './host';
import { bar, NO_PROGRESS, type ProgressDisplay } from './output/progress';
import { wrongUse } from './stop';

export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** Context of one command. */
export interface Session {
  readonly client: Client;
  readonly host: Host;
  readonly isJson: boolean;
  /** The given organization, or that of the demo. */
  organization(given: string | undefined): string;
  /** Prints the result: JSON with --json, else the text. */
  answer(value: unknown, text: () => string): void;
  progress(units: string, total: number): ProgressDisplay;
}

/** `Args` are strings, or a list of strings for a repeatable argument. */
type SessionHandler<Options, Args extends readonly unknown[]> = (
  session: Session,
  options: Options,
  ...args: Args
) => Promise<number | void>;

/** Converts a handler to a commander action. The handler returns the exit code. */
export type Run = <Options, Args extends readonly unknown[] = (string | undefined)[]>(
  handler: SessionHandler<Options, Args>,
) => (...given: unknown[]) => Promise<void>;

export const runner =
  (host: Host, finish: (exitCode: number) => void): Run =>
  (handler) =>
  async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const { client, organizationId } = await host.connect(options);
    const session: Session = {
      client,
      host,
      isJson: options.json === true,
      organization: (named) => named ?? organizationId ?? unnamed(command),
      answer: (value, text) => host.out(options.json ? JSON.stringify(value, null, 2) : text()),
      progress: (units, total) => (host.terminal && !options.json ? bar(host.terminal, units, total) : NO_PROGRESS),
    };
    try {
      finish((await handler(session, options as never, ...(given.slice(0, -2) as never))) ?? 0);
    } finally {
      await client.close();
    }
  };

function unnamed(command: Command): never {
  throw wrongUse(`Name the organization: tally ${command.name()} ORGANIZATION.`);
}
