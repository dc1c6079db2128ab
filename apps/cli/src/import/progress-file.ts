import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { emptySummary, type Summary } from './summary';

/** How far an import has come. All messages of rows up to `row` are acknowledged. */
export interface Progress {
  /** Of file, mapping and server: an import of anything else starts from the beginning. */
  readonly fingerprint: string;
  readonly row: number;
  /** Milliseconds that `--retime` adds; kept, so that one import has one constant. */
  readonly shift?: number;
  /** A job that the server accepted: one that has forgotten it is another server. */
  readonly witness?: { readonly organizationId?: string; readonly jobId: string };
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

const HEAD = 65_536;

/** Size and first bytes stand for the file: hashing a large one whole would cost a pass at every start. */
export async function fingerprintOf(file: string, ...settings: readonly string[]): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const hash = createHash('sha256').update(buffer.subarray(0, bytesRead));
    return hash.update(JSON.stringify([(await stat(file)).size, ...settings])).digest('base64url');
  } finally {
    await handle.close();
  }
}
