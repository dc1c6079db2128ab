import { StartupError } from '@tallystick/runtime';

/** PostgreSQL cannot be used as it is configured. The message is a sentence for the operator. */
export class PostgresUnusable extends StartupError {
  override readonly name = 'PostgresUnusable';
  /** True if the server may only be starting and the configuration may be right. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, ...options }: ErrorOptions & { mayPass?: boolean } = {}) {
    super(message, options);
    this.mayPass = mayPass;
  }
}
