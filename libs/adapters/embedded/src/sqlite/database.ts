import { dirname, extname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SqlRow } from './driver';
import { StoreUnavailable } from '@tallystick/eventing';
import { lockDirectory } from './lock';
import type { Lost, Opened, OpenOptions, Reply, Request, Statement } from './protocol';

export type { Statement } from './protocol';

/** The database refused or lost a request. `uncertain`: whether it was stored cannot be known. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  constructor(
    message: string,
    readonly uncertain: boolean,
  ) {
    super(message);
  }
}

const MEBIBYTE = 1024 * 1024;
const DEFAULTS = {
  checkpointBytes: 16 * MEBIBYTE,
  cacheBytes: 16 * MEBIBYTE,
  pageBytes: 8192,
  durable: true,
  eraseDeleted: false,
};
export type DatabaseOptions = Partial<typeof DEFAULTS>;

interface Waiting {
  readonly kind: Request['kind'];
  readonly resolve: (rows: readonly (readonly SqlRow[])[]) => void;
  readonly reject: (error: Error) => void;
}

/** A SQLite file behind a thread of its own: transactions that wait together are made durable by one commit. */
export class Database {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private stopped: string | undefined;
  private isClosed = false;

  private constructor(
    readonly file: string,
    /** Which SQLite it uses. */
    readonly description: string,
    private readonly worker: Worker,
    private readonly unlock: () => Promise<void>,
  ) {
    worker.on('message', (message: readonly Reply[] | Lost | 'closed') => {
      if (message === 'closed') return;
      if ('lost' in message) this.stop(message.lost);
      else message.forEach((reply) => this.settle(reply));
    });
    worker.on('error', (error) =>
      this.stop(`The database ${file} has stopped: ${error.message} Restart the process.`),
    );
    worker.on('exit', () => {
      this.isClosed = true;
      this.stop(`The database ${file} is closed.`);
    });
  }

  static async open(file: string, options: DatabaseOptions = {}): Promise<Database> {
    const path = resolve(file);
    const unlock = await lockDirectory(dirname(path));
    try {
      const { worker, description } = await start({ ...DEFAULTS, ...options, file: path });
      return new Database(path, description, worker, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /**
   * All statements or none, durable when it resolves; the rows of each statement.
   * Buffers named in `transfer` are moved to the thread, not copied: the caller must not use them again.
   */
  transaction(
    statements: readonly Statement[],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<readonly (readonly SqlRow[])[]> {
    return this.ask('write', statements, transfer);
  }

  async read(sql: string, params: Statement['params'] = []): Promise<readonly SqlRow[]> {
    const [rows] = await this.ask('read', [{ sql, params }], []);
    return rows!;
  }

  /** Why nothing can be read or written any more. */
  get fault(): string | undefined {
    return this.stopped;
  }

  async close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.stopped ??= `The database ${this.file} is closed.`;
      const ended = new Promise((done) => this.worker.once('exit', done));
      this.worker.ref();
      this.worker.postMessage('close');
      await ended;
    }
    await this.unlock();
  }

  private ask(
    kind: Request['kind'],
    statements: readonly Statement[],
    transfer: readonly ArrayBuffer[],
  ): Promise<readonly (readonly SqlRow[])[]> {
    return new Promise((resolve, reject) => {
      if (this.stopped !== undefined) return reject(new StoreUnavailable(this.stopped));
      const id = ++this.lastId;
      this.waiting.set(id, { kind, resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ id, kind, statements } satisfies Request, transfer);
    });
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (!waiting) return;
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0 && this.stopped === undefined) this.worker.unref();
    if ('rows' in reply) return waiting.resolve(reply.rows);
    waiting.reject(
      new DatabaseError(`The database ${this.file} could not do this: ${reply.error}.`, reply.uncertain),
    );
  }

  private stop(reason: string): void {
    this.stopped ??= reason;
    for (const { kind, reject } of this.waiting.values())
      reject(kind === 'write' ? new DatabaseError(this.stopped, true) : new StoreUnavailable(this.stopped));
    this.waiting.clear();
  }
}

/** A parameter for `json_each(CAST(? AS TEXT))`: any number of rows with one statement. As bytes it binds without a detour. */
export const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function start(workerData: OpenOptions): Promise<Opened & { readonly worker: Worker }> {
  const isSource = extname(__filename) === '.ts';
  const execArgv = isSource ? ['-r', '@swc-node/register'] : undefined;
  const file = join(__dirname, isSource ? 'worker.ts' : 'worker.js');
  const worker = new Worker(file, { workerData, execArgv });
  return new Promise((done, fail) => {
    const refused = ({ message }: Error) =>
      fail(new Error(`The database ${workerData.file} cannot be opened: ${message}`));
    worker.once('error', refused);
    worker.once('message', ({ description }: Opened) => {
      worker.off('error', refused);
      worker.unref();
      done({ worker, description });
    });
  });
}
