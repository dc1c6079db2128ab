/** Ends a command without success: a sentence for the terminal, and the exit code. */
export class Stop extends Error {
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

export const NO = 1;
export const WRONG_USE = 2;
export const INTERRUPTED = 130;

export const no = (sentence: string, problem?: unknown): Stop => new Stop(NO, sentence, problem);
export const wrongUse = (sentence: string): Stop => new Stop(WRONG_USE, sentence);
