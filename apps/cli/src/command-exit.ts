/** Ends a command without success: a sentence for the terminal, and the exit code. */
export class CommandExit extends Error {
  override readonly name = 'Stop';
  constructor(
    readonly exitCode: number,
    sentence: string,
    /** Problem document of the server, which `--json` prints. */
    readonly problem?: unknown,
  ) {
    super(sentence);
  }
}

export const FAILURE = 1;
export const USAGE_ERROR = 2;
export const INTERRUPTED = 130;

export const commandError = (sentence: string, problem?: unknown): CommandExit =>
  new CommandExit(FAILURE, sentence, problem);
export const usageError = (sentence: string): CommandExit => new CommandExit(USAGE_ERROR, sentence);
