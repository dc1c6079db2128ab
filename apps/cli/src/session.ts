import type { Command } from 'commander';
import type { Client } from './client/client';
import type { Host } from './host';
import { bar, NO_PROGRESS, type Progress } from './output/progress';
import { wrongUse } from './stop';

export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** One run of one command. */
export interface Session {
  readonly client: Client;
  readonly host: Host;
  readonly isJson: boolean;
  /** The organization that is named, or the demo's. */
  organization(given: string | undefined): string;
  /** The result: JSON for programs, else the text. */
  answer(value: unknown, text: () => string): void;
  progress(units: string, total: number): Progress;
}

/** `Args` are text; a list of texts for an argument that may be repeated. */
type Handler<Options, Args extends readonly unknown[]> = (
  session: Session,
  options: Options,
  ...args: Args
) => Promise<number | void>;

/** Makes a commander action of a handler; what the handler returns becomes the exit code. */
export type Run = <Options, Args extends readonly unknown[] = (string | undefined)[]>(
  handler: Handler<Options, Args>,
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
