import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { emptySummary, type Summary } from './summary';
import type { Witness } from './witness';

/** How far an import has come. All messages of rows up to `row` are acknowledged. */
export interface Progress {
  /** Of file, mapping and server: an import of anything else starts from the beginning. */
  readonly fingerprint: string;
  readonly row: number;
  /** Milliseconds that `--retime` adds; kept, so that one import has one constant. */
  readonly shift?: number;
  /** A job that the server accepted: one that has forgotten it is another server. */
  readonly witness?: Witness;
  readonly summary: Summary;
}

export const beginning = (fingerprint: string): Progress => ({
  fingerprint,
  row: 0,
  summary: emptySummary(),
});

/** Kept beside the imported file, replaced as a whole, so that a crash leaves the old or the new one. */
export class ProgressFile {
  constructor(readonly path: string) {}

  async load(fingerprint: string): Promise<Progress> {
    try {
      const progress = JSON.parse(await readFile(this.path, 'utf8')) as Progress;
      return progress.fingerprint === fingerprint ? progress : beginning(fingerprint);
    } catch {
      return beginning(fingerprint);
    }
  }

  async save(progress: Progress): Promise<void> {
    const aside = `${this.path}.${process.pid}`;
    await writeFile(aside, JSON.stringify(progress));
    await rename(aside, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** Of how rows become jobs: where that changes, the progress of an older version says nothing. */
const READING = 2;

/** All of the file: where any row of it was changed, its rows are no longer those that were acknowledged. */
export async function fingerprintOf(file: string, ...settings: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([READING, ...settings]));
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) hash.update(bytes);
  return hash.digest('base64url');
}
