import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Connection, type SqlRow, type SqlValue } from './driver';
import { LostFile } from './lost-file';
import type { Lost, Opened, OpenOptions, Reply, Request, Statement } from './protocol';

const LOOK_MILLISECONDS = 500;

const port = parentPort!;
const options = workerData as OpenOptions;
const connection = start();
// Without its write-ahead log a file is as lost as without itself.
const files = [options.file, `${options.file}-wal`]
  .filter((path) => existsSync(path))
  .map((path) => new LostFile(path));
setInterval(lookForLoss, LOOK_MILLISECONDS).unref();

port.on('message', (first: Request | 'close') => {
  const waiting = [first];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
    waiting.push(next.message as Request | 'close');
  const requests = waiting.filter((message) => message !== 'close');
  const replies = [
    ...commit(requests.filter(({ kind }) => kind === 'write')),
    ...requests.filter(({ kind }) => kind === 'read').map(read),
  ];
  if (replies.length > 0) port.postMessage(replies, replies.flatMap(buffersOf));
  if (requests.length < waiting.length) {
    connection.close();
    port.postMessage('closed');
    port.close();
  }
});
port.postMessage({ description: connection.describe() } satisfies Opened);

function start(): Connection {
  const opened = Connection.open(options.file);
  try {
    configure(opened);
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

function configure(opened: Connection): void {
  opened.exec(`PRAGMA page_size = ${options.pageBytes}`);
  // In WebAssembly there is no shared memory for the write-ahead log: one connection, for itself alone.
  opened.exec('PRAGMA locking_mode = EXCLUSIVE');
  opened.exec('PRAGMA journal_mode = WAL');
  opened.exec(`PRAGMA synchronous = ${options.durable ? 'FULL' : 'NORMAL'}`);
  opened.exec(`PRAGMA secure_delete = ${options.eraseDeleted ? 'ON' : 'OFF'}`);
  opened.exec(`PRAGMA cache_size = ${-Math.ceil(options.cacheBytes / 1024)}`);
  opened.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(options.checkpointBytes / options.pageBytes)}`);
  opened.exec('CREATE TABLE IF NOT EXISTS _opened (once INTEGER PRIMARY KEY)');
  const mode = opened.all('PRAGMA journal_mode')[0]?.['journal_mode'];
  const synchronous = opened.all('PRAGMA synchronous')[0]?.['synchronous'];
  if (mode !== 'wal' || synchronous !== (options.durable ? 2 : 1)) {
    throw new Error(
      `commits would not be durable here (journal ${mode}, synchronous ${synchronous}). Put the data directory on a local disk.`,
    );
  }
  syncDirectory(dirname(options.file));
}

/** A new file survives power loss only once its directory has been synced too. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** After every commit too: what is written into an unlinked file is not acknowledged. */
function lookForLoss(): void {
  const lost = files.map((file) => file.look()).find((reason) => reason !== undefined);
  if (lost !== undefined) port.postMessage({ lost } satisfies Lost);
}

/** All waiting transactions in one commit; one that fails is undone alone. */
function commit(requests: readonly Request[]): Reply[] {
  if (requests.length === 0) return [];
  let replies: Reply[];
  try {
    connection.exec('BEGIN IMMEDIATE');
    replies = requests.map(transaction);
  } catch (error) {
    return giveUp(requests, error, false);
  }
  try {
    connection.exec('COMMIT');
    // Reported before the replies, so that none of them counts.
    lookForLoss();
    return replies;
  } catch (error) {
    return giveUp(requests, error, true);
  }
}

function transaction({ id, statements }: Request): Reply {
  connection.exec('SAVEPOINT one');
  try {
    const rows = statements.map(run);
    connection.exec('RELEASE one');
    return { id, rows };
  } catch (error) {
    try {
      connection.exec('ROLLBACK TO one; RELEASE one');
    } catch {
      // A full disk has already undone the whole commit: all of it fails, for the same reason.
      throw error;
    }
    return { id, error: messageOf(error), uncertain: false };
  }
}

function giveUp(requests: readonly Request[], cause: unknown, uncertain: boolean): Reply[] {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // SQLite has already rolled back.
  }
  return requests.map(({ id }) => ({ id, error: messageOf(cause), uncertain }));
}

function read({ id, statements }: Request): Reply {
  try {
    return { id, rows: statements.map(run) };
  } catch (error) {
    return { id, error: messageOf(error), uncertain: false };
  }
}

function run({ sql, params, each }: Statement): SqlRow[] {
  if (!each) return connection.all(sql, params);
  for (const one of JSON.parse(Buffer.from(each).toString()) as SqlValue[][]) connection.run(sql, one);
  return [];
}

function buffersOf(reply: Reply): ArrayBuffer[] {
  if ('error' in reply) return [];
  const buffers: ArrayBuffer[] = [];
  for (const rows of reply.rows) {
    for (const row of rows)
      for (const name in row)
        if (row[name] instanceof Uint8Array) buffers.push(row[name].buffer as ArrayBuffer);
  }
  return buffers;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
