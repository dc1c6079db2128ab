import type { Connection, Target } from './client/connect';

/** What the command line touches of the process it runs in: a test brings its own. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** Resolves when what was given to `out` is on its way; absent where that does not matter. */
  drained?(): Promise<void>;
  /** Where progress bars go; absent when nobody is looking. */
  readonly terminal?: NodeJS.WriteStream;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  connect(target: Target): Promise<Connection>;
}
