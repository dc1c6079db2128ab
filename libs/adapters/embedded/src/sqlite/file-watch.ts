import { statSync } from 'node:fs';

/**
 * Checks that a path still refers to the file that was opened. A file that was deleted, or whose directory was
 * unmounted, moved or replaced, accepts writes until it is closed, and then they are lost.
 */
export class FileWatch {
  private readonly opened: string;

  constructor(private readonly path: string) {
    this.opened = identityOf(path);
  }

  /** Reason why the file is lost; undefined while the path refers to it. */
  look(): string | undefined {
    let now: string;
    try {
      now = identityOf(this.path);
    } catch (error) {
      return this.sentence(`no longer exists (${(error as NodeJS.ErrnoException).code})`);
    }
    return now === this.opened ? undefined : this.sentence('is not the file that was opened');
  }

  private sentence(what: string): string {
    return `The database ${this.path} ${what}: its directory was deleted, moved or unmounted. Nothing is stored until it is back and the process is restarted.`;
  }
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev} ${ino}`;
}
