import { statSync } from 'node:fs';

/**
 * Watches that a path still leads to the file that was opened. A file that was deleted, or whose directory was unmounted, moved
 * or exchanged, takes writes until it is closed, and then they are gone.
 */
export class FileWatch {
  private readonly opened: string;

  constructor(private readonly path: string) {
    this.opened = identityOf(path);
  }

  /** What is wrong; undefined while the path leads to the file. */
  look(): string | undefined {
    let now: string;
    try {
      now = identityOf(this.path);
    } catch (error) {
      return this.sentence(`is not there any more (${(error as NodeJS.ErrnoException).code})`);
    }
    return now === this.opened ? undefined : this.sentence('is another file than the one that was opened');
  }

  private sentence(what: string): string {
    return `The database ${this.path} ${what}: its directory was deleted, moved or unmounted. Nothing is stored until it is back and the process is restarted.`;
  }
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev} ${ino}`;
}
