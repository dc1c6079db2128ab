import type { CliConnection, ConnectOptions } from './client/connect';

/** The command line's access to its process. Tests replace it. */
export interface CliHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** Resolves when the output was accepted by a slow reader. Optional. */
  drained?(): Promise<void>;
  /** Terminal for progress bars; absent without one. */
  readonly terminal?: NodeJS.WriteStream;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  connect(target: ConnectOptions): Promise<CliConnection>;
}
