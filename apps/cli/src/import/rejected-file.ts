import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export interface Rejected {
  readonly row: number;
  readonly line: number;
  /** The refusal's code, or `unreadable`. */
  readonly code: string;
  readonly message: string;
  readonly text: string;
}

/** The rows that were not accepted, one JSON object a line; there is no file when there are none. */
export class RejectedFile {
  constructor(readonly path: string) {}

  async add(rejected: readonly Rejected[]): Promise<void> {
    if (rejected.length > 0)
      await appendFile(this.path, rejected.map((it) => `${JSON.stringify(it)}\n`).join(''));
  }

  /** Forgets what is written about rows after `row`: they are sent again and would stand here twice. */
  async cutAfter(row: number): Promise<void> {
    if (row === 0 || !existsSync(this.path)) return rm(this.path, { force: true });
    const aside = `${this.path}.${process.pid}`;
    const kept = createWriteStream(aside);
    for await (const line of createInterface({ input: createReadStream(this.path) }))
      if (rowOf(line) <= row) kept.write(`${line}\n`);
    await new Promise((done) => kept.end(done));
    await rename(aside, this.path);
  }
}

/** A line cut short by a crash counts as one to forget. */
function rowOf(line: string): number {
  try {
    return (JSON.parse(line) as Rejected).row;
  } catch {
    return Infinity;
  }
}
