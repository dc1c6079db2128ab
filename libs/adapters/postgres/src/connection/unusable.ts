import { StartupError } from '@tallystick/runtime';

/** PostgreSQL cannot be used as it is set up: one sentence for whoever starts the process. */
export class PostgresUnusable extends StartupError {
  override readonly name = 'PostgresUnusable';
  /** The server is not there yet, as far as can be seen; nothing is wrong with the configuration. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, ...options }: ErrorOptions & { mayPass?: boolean } = {}) {
    super(message, options);
    this.mayPass = mayPass;
  }
}
