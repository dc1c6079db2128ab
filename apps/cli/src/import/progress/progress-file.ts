import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { emptySummary, type ImportSummary } from './summary';
import type { SampleJob } from '../sending/sample-job';

/** Stored progress of an import. All messages of rows up to `row` are acknowledged. */
export interface ImportProgress {
  /** Hash of file, mapping and server. Another import starts from the beginning. */
  readonly fingerprint: string;
  readonly row: number;
  /** Milliseconds that `--retime` adds. Stored, so that all runs of an import use the same value. */
  readonly shift?: number;
  /** Job that the server accepted. If the server does not have it, it was replaced. */
  readonly witness?: SampleJob;
  readonly summary: ImportSummary;
}

export const noProgress = (fingerprint: string): ImportProgress => ({
  fingerprint,
  row: 0,
  summary: emptySummary(),
});

/** File with the progress of an import. It is replaced atomically. */
export class ProgressFile {
  constructor(readonly path: string) {}

  async load(fingerprint: string): Promise<ImportProgress> {
    try {
      const progress = JSON.parse(await readFile(this.path, 'utf8')) as ImportProgress;
      return progress.fingerprint === fingerprint ? progress : noProgress(fingerprint);
    } catch {
      return noProgress(fingerprint);
    }
  }

  async save(progress: ImportProgress): Promise<void> {
    const aside = `${this.path}.${process.pid}`;
    await writeFile(aside, JSON.stringify(progress));
    await rename(aside, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** Version of the conversion of rows to jobs. A change invalidates stored progress. */
const READER_VERSION = 2;

/** Hash of the whole file: after a change of any row, stored progress is invalid. */
export async function fingerprintOf(file: string, ...settings: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([READER_VERSION, ...settings]));
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) hash.update(bytes);
  return hash.digest('base64url');
}
