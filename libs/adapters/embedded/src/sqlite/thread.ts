import { statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DatabaseDamaged } from './damaged';
import { sizeOf } from './disk';
import { isDamage } from './faults';
import { DirectoryUnusable } from './lock';
import type { OpenReply, OpenOptions } from './protocol';

export interface SqliteThread {
  readonly worker: Worker;
  /** Version of SQLite. */
  readonly description: string;
}

/** Starts the thread that opens the file. Rejects with DirectoryUnusable, or with DatabaseDamaged. */
export function startThread({ ifDamaged, ...options }: OpenOptions & { ifDamaged: string }): Promise<SqliteThread> {
  // SQLite would remove the write-ahead log as that of another file.
  if (sizeOf(options.file) === 0 && sizeOf(`${options.file}-wal`) > 0)
    return Promise.reject(new DatabaseDamaged(options.file, 'it is empty, and its write-ahead log is not', ifDamaged));
  const isSource = extname(__filename) === '.ts';
  const execArgv = isSource ? ['-r', '@swc-node/register'] : undefined;
  const file = join(__dirname, isSource ? 'worker.ts' : 'worker.js');
  const worker = new Worker(file, { workerData: options satisfies OpenOptions, execArgv });
  return new Promise((done, fail) => {
    const refused = (message: string) => fail(refusalOf(options.file, message, ifDamaged));
    const failed = ({ message }: Error) => refused(message);
    worker.once('error', failed);
    worker.once('message', (opened: OpenReply) => {
      worker.off('error', failed);
      worker.unref();
      if ('refused' in opened) refused(opened.refused);
      else done({ worker, description: opened.description });
    });
  });
}

function refusalOf(file: string, message: string, ifDamaged: string): DirectoryUnusable {
  const folder = [file, `${file}-wal`].find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
  if (folder !== undefined) return new DatabaseDamaged(file, `${folder} is a folder`, ifDamaged);
  if (isDamage(message)) return new DatabaseDamaged(file, message, ifDamaged);
  const sentence = /[.!]$/.test(message) ? message : `${message}.`;
  return new DirectoryUnusable(
    `The database ${file} cannot be opened: ${sentence} Make sure that there is free space and that this process may write the file, then start again.`,
  );
}
