import { createWriteStream, existsSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import type { MessageKind } from '../source/messages';
import { linesOf } from '../source/text-file';

export interface RejectedRow {
  readonly row: number;
  readonly line: number;
  /** Kind of the refused message; absent if the row could not be read. */
  readonly kind?: MessageKind;
  /** Code of the refusal, or `unreadable`. */
  readonly code: string;
  readonly message: string;
  readonly text: string;
  readonly organizationId?: string;
  readonly jobId?: string;
}

/** File of rows that were not accepted, one JSON object per line. It does not exist if there are none. */
export class RejectedFile {
  constructor(readonly path: string) {}

  async add(rejected: readonly RejectedRow[]): Promise<void> {
    if (rejected.length > 0) await appendFile(this.path, rejected.map((it) => `${JSON.stringify(it)}\n`).join(''));
  }

  /** Removes rows after `row`, which are sent again. Calls `kept` with each of the others. */
  async cutAfter(row: number, kept: (rejected: RejectedRow) => void): Promise<void> {
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

/** Undefined for a line that a crash has truncated. */
function parsed(text: string): RejectedRow | undefined {
  try {
    return JSON.parse(text) as RejectedRow;
  } catch {
    return undefined;
  }
}
