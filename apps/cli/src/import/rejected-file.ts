import { createWriteStream, existsSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import type { MessageKind } from './messages';
import { linesOf } from './text-file';

export interface Rejected {
  readonly row: number;
  readonly line: number;
  /** Of the message that was refused; absent where the row makes none. */
  readonly kind?: MessageKind;
  /** The refusal's code, or `unreadable`. */
  readonly code: string;
  readonly message: string;
  readonly text: string;
  readonly organizationId?: string;
  readonly jobId?: string;
}

/** The rows that were not accepted, one JSON object a line; there is no file when there are none. */
export class RejectedFile {
  constructor(readonly path: string) {}

  async add(rejected: readonly Rejected[]): Promise<void> {
    if (rejected.length > 0) await appendFile(this.path, rejected.map((it) => `${JSON.stringify(it)}\n`).join(''));
  }

  /** Forgets what is written about rows after `row`, which are sent again and would be written here twice. `kept` gets the rest. */
  async cutAfter(row: number, kept: (rejected: Rejected) => void): Promise<void> {
    if (row === 0 || !existsSync(this.path)) return rm(this.path, { force: true });
    const aside = `${this.path}.${process.pid}`;
    const file = createWriteStream(aside);
    for await (const { text } of linesOf(this.path)) {
      const rejected = parsed(text);
      if (rejected === undefined || rejected.row > row) continue;
      kept(rejected);
      file.write(`${text}\n`);
    }
    await new Promise((done) => file.end(done));
    await rename(aside, this.path);
  }
}

/** A line cut short by a crash is one to forget. */
function parsed(text: string): Rejected | undefined {
  try {
    return JSON.parse(text) as Rejected;
  } catch {
    return undefined;
  }
}
