import { dirname, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Logger } from '@nestjs/common';
import { type Health, StoreUnavailable, StoreUnwritable } from '@tallystick/eventing';
import type { SqlRow } from './sqlite-connection';
import { isDamage, isUnwritable } from './faults';
import { DatabaseDamaged, damagedSentence, setAside } from './damaged';
import { lockDirectory } from './lock';
import { startThread, type SqliteThread } from './thread';
import type { FailedReply, FileLost, SqlReply, SqlRequest, SqliteStatement } from './protocol';

export type { SqliteStatement } from './protocol';

/** The database rejected a request: a constraint, or invalid SQL. Nothing was stored. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/** It is unknown whether the transaction was stored. */
export class UncertainCommit extends StoreUnavailable {
  override readonly name = 'UncertainCommit';
}

const LOG = new Logger('Database');

const MEBIBYTE = 1024 * 1024;
const DEFAULTS = {
  checkpointBytes: 16 * MEBIBYTE,
  cacheBytes: 16 * MEBIBYTE,
  pageBytes: 8192,
  durable: true,
  eraseDeleted: false,
  /** Next step for the operator, in the error about a damaged file. */
  ifDamaged: 'Restore it from a backup.',
  /** Renames a damaged file and creates a new one. For data that can be rebuilt or may be lost. */
  setsAside: false,
};
export type DatabaseOptions = Partial<typeof DEFAULTS>;

interface PendingRequest {
  readonly kind: SqlRequest['kind'];
  readonly resolve: (rows: readonly (readonly SqlRow[])[]) => void;
  readonly reject: (error: Error) => void;
}

/** SQLite file that is used by its own thread. Waiting transactions share one commit. */
export class SqliteDatabase {
  private readonly waiting = new Map<number, PendingRequest>();
  private lastId = 0;
  private stopped: string | undefined;
  /** Reason why the last write failed, until there is space again. */
  private unwritable: string | undefined;
  private isClosed = false;

  private constructor(
    readonly file: string,
    /** Version of SQLite. */
    readonly description: string,
    private readonly worker: Worker,
    private readonly unlock: () => Promise<void>,
    private readonly settings: typeof DEFAULTS,
  ) {
    worker.on('message', (message: readonly SqlReply[] | FileLost | 'closed') => {
      if (message === 'closed') return;
      if ('lost' in message) this.stop(message.lost);
      else message.forEach((reply) => this.settle(reply));
    });
    worker.on('error', (error) => this.stop(`The database ${file} has stopped: ${error.message} Restart the process.`));
    worker.on('exit', () => {
      this.isClosed = true;
      this.stop(`The database ${file} is closed.`);
    });
  }

  static async open(file: string, options: DatabaseOptions = {}): Promise<SqliteDatabase> {
    const path = resolve(file);
    const unlock = await lockDirectory(dirname(path));
    try {
      const settings = { ...DEFAULTS, ...options };
      const { worker, description } = await startOrSetAside(path, settings);
      return new SqliteDatabase(path, description, worker, unlock, settings);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * Executes all statements or none, and returns the rows of each. Durable when it resolves. Buffers named in
   * `transfer` are moved to the thread, not copied: the caller must not use them again.
   */
  transaction(
    statements: readonly SqliteStatement[],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<readonly (readonly SqlRow[])[]> {
    return this.ask('write', statements, transfer);
  }

  async read(sql: string, params: SqliteStatement['params'] = []): Promise<readonly SqlRow[]> {
    const [rows] = await this.ask('read', [{ sql, params }], []);
    return rows!;
  }

  /** Reason why reads and writes fail permanently. */
  get fault(): string | undefined {
    return this.stopped;
  }

  /** After a write failed for lack of space, each call checks whether there is space again. */
  async health(): Promise<Health> {
    if (this.stopped !== undefined || this.unwritable === undefined) return { fault: this.stopped };
    await this.ask('probe', [], []).then(
      () => this.onWritable(),
      () => undefined,
    );
    return { fault: this.stopped ?? this.unwritable };
  }

  async close(): Promise<void> {
    await this.endThread();
    await this.unlock();
  }

  private async endThread(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stopped ??= `The database ${this.file} is closed.`;
    const ended = new Promise((done) => this.worker.once('exit', done));
    this.worker.ref();
    this.worker.postMessage('close');
    await ended;
  }

  private ask(
    kind: SqlRequest['kind'],
    statements: readonly SqliteStatement[],
    transfer: readonly ArrayBuffer[],
  ): Promise<readonly (readonly SqlRow[])[]> {
    return new Promise((resolve, reject) => {
      if (this.stopped !== undefined) return reject(new StoreUnavailable(this.stopped));
      const id = ++this.lastId;
      this.waiting.set(id, { kind, resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ id, kind, statements } satisfies SqlRequest, transfer);
    });
  }

  private settle(reply: SqlReply): void {
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0 && this.stopped === undefined) this.worker.unref();
    if ('rows' in reply) return waiting.resolve(reply.rows);
    waiting.reject(this.errorOf(waiting.kind, reply));
  }

  private errorOf(kind: SqlRequest['kind'], { error, uncertain }: FailedReply): Error {
    if (isDamage(error)) this.onDamaged(error);
    if (this.stopped !== undefined && !uncertain) return new StoreUnavailable(this.stopped);
    const failed = `The database ${this.file} rejected a request: ${error}.`;
    if (kind !== 'read' && isUnwritable(error)) this.onUnwritable(error);
    if (uncertain) return new UncertainCommit(failed);
    if (!isUnwritable(error)) return new DatabaseError(failed);
    return kind === 'read' ? new StoreUnavailable(failed) : new StoreUnwritable(this.unwritable);
  }

  private onDamaged(what: string): void {
    if (this.stopped !== undefined) return;
    const damaged = damagedSentence(this.file, what, this.settings.ifDamaged);
    LOG.error(damaged);
    this.stop(damaged);
    if (this.settings.setsAside) void this.setAside();
  }

  /** Renames the damaged file after the thread has ended, so that the next start creates a new one. */
  private async setAside(): Promise<void> {
    await this.endThread();
    try {
      LOG.log(`The database ${this.file} is renamed to ${setAside(this.file)}.`);
    } catch (error) {
      LOG.error((error as Error).message);
    }
  }

  private onUnwritable(what: string): void {
    if (this.unwritable !== undefined) return;
    this.unwritable = `The database ${this.file} cannot be written: ${what}. Nothing is stored until there is space and write permission. Reads continue.`;
    LOG.error(this.unwritable);
  }

  private onWritable(): void {
    if (this.unwritable !== undefined) LOG.log(`The database ${this.file} can be written again.`);
    this.unwritable = undefined;
  }

  private stop(reason: string): void {
    this.stopped ??= reason;
    for (const { kind, reject } of this.waiting.values())
      reject(kind === 'write' ? new UncertainCommit(this.stopped) : new StoreUnavailable(this.stopped));
    this.waiting.clear();
  }
}

/**
 * Parameter for `json_each(CAST(? AS TEXT))`: any number of rows in one statement. Bytes are bound without a
 * conversion.
 */
export const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** Replaces a damaged file by a new one if `setsAside` is set. */
async function startOrSetAside(file: string, settings: typeof DEFAULTS): Promise<SqliteThread> {
  try {
    return await startThread({ ...settings, file });
  } catch (error) {
    if (!settings.setsAside || !(error instanceof DatabaseDamaged)) throw error;
    LOG.warn(
      `The database ${file} is damaged: ${error.what}. It is renamed to ${setAside(file)}, and a new one is created.`,
    );
    return startThread({ ...settings, file });
  }
}
