/** The process cannot start as it is configured. The message is one sentence for the person who starts it. */
export class StartupError extends Error {
  override readonly name: string = 'StartupError';
}
