/** PostgreSQL cannot be used as it is set up: one sentence for whoever starts the process. */
export class PostgresUnusable extends Error {
  override readonly name = 'PostgresUnusable';
}
