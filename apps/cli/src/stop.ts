/** The end of a command other than success: one plain sentence for the terminal, and the exit code. */
export class Stop extends Error {
  override readonly name = 'Stop';
  constructor(
    readonly exitCode: number,
    sentence: string,
    /** The server's problem document, where there is one: printed by `--json`. */
    readonly problem?: unknown,
  ) {
    super(sentence);
  }
}

export const NO = 1;
export const WRONG_USE = 2;
export const INTERRUPTED = 130;

export const no = (sentence: string, problem?: unknown): Stop => new Stop(NO, sentence, problem);
export const wrongUse = (sentence: string): Stop => new Stop(WRONG_USE, sentence);
