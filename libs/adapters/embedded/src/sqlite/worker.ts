import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assertRoom, cutTo, sizeOf, syncDirectory, syncFile } from './disk';
import { SqliteConnection, type SqlRow, type SqliteValue } from './sqlite-connection';
import { FileWatch } from './file-watch';
import type { FileLost, OpenReply, OpenOptions, SqlReply, SqlRequest, SqliteStatement } from './protocol';

const LOOK_MILLISECONDS = 500;
/** Delay after a commit that may have deleted something, so that no request waits for it. */
const ERASE_MILLISECONDS = 1_000;
/**
 * Files up to this size are checked completely when they are opened. Damage in a larger file is found when it is read.
 */
const CHECKED_BYTES = 64 * 1024 * 1024;
const PROBE = 'INSERT OR REPLACE INTO _opened (once) VALUES (1)';

const port = parentPort!;
const options = workerData as OpenOptions;
const wal = `${options.file}-wal`;
let connection: SqliteConnection;
let files: readonly FileWatch[] = [];
let erasing: NodeJS.Timeout | undefined;

try {
  connection = start();
  // A missing write-ahead log is as serious as a missing file.
  files = [options.file, wal].filter((path) => existsSync(path)).map((path) => new FileWatch(path));
  setInterval(reportLostFile, LOOK_MILLISECONDS).unref();
  port.on('message', serve);
  port.postMessage({ description: connection.describe() } satisfies OpenReply);
} catch (error) {
  port.postMessage({ refused: messageOf(error) } satisfies OpenReply);
}

function serve(first: SqlRequest | 'close'): void {
  const waiting = [first];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
    waiting.push(next.message as SqlRequest | 'close');
  const requests = waiting.filter((message) => message !== 'close');
  const replies = [
    ...commit(requests.filter(({ kind }) => kind === 'write')),
    ...requests.filter(({ kind }) => kind === 'read').map(read),
    ...requests.filter(({ kind }) => kind === 'probe').map(probe),
  ];
  if (replies.length > 0) port.postMessage(replies, replies.flatMap(buffersOf));
  if (requests.length < waiting.length) {
    clearTimeout(erasing);
    connection.close();
    port.postMessage('closed');
    port.close();
  }
}

function start(): SqliteConnection {
  // A killed process may have left data that the kernel has not written yet. Data that is read here must not be lost
  // later.
  if (sizeOf(wal) > 0) syncFile(wal);
  const opened = SqliteConnection.open(options.file);
  try {
    configure(opened);
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

function configure(opened: SqliteConnection): void {
  opened.exec(`PRAGMA page_size = ${options.pageBytes}`);
  // WebAssembly has no shared memory for the write-ahead log, so there is one exclusive connection.
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
  if (sizeOf(options.file) + sizeOf(wal) <= CHECKED_BYTES) assertWhole(opened);
  syncDirectory(dirname(options.file));
}

function assertWhole(opened: SqliteConnection): void {
  const [found] = opened.all('PRAGMA integrity_check(1)');
  const said = String(Object.values(found ?? {})[0]);
  if (said !== 'ok') throw new Error(`the file is damaged (${said.replaceAll('\n', ' ')})`);
}

/** Also runs after every commit: writes to an unlinked file are not acknowledged. */
function reportLostFile(): void {
  const lost = files.map((file) => file.look()).find((reason) => reason !== undefined);
  if (lost !== undefined) port.postMessage({ lost } satisfies FileLost);
}

/** Executes all waiting transactions in one commit. A transaction that fails is rolled back alone. */
function commit(requests: readonly SqlRequest[]): SqlReply[] {
  if (requests.length === 0) return [];
  let replies: SqlReply[];
  const before = sizeOf(wal);
  try {
    connection.exec('BEGIN IMMEDIATE');
    replies = requests.map(transaction);
  } catch (error) {
    rollBack();
    return allFail(requests, error, false);
  }
  try {
    connection.exec('COMMIT');
    // Reported before the replies, so that no reply is treated as a success.
    reportLostFile();
    eraseSoon();
    return replies;
  } catch (error) {
    rollBack();
    return allFail(requests, error, !isUndone(before));
  }
}

/**
 * True if no later start can find a failed commit in the write-ahead log. That is certain once the log is truncated to
 * its earlier size, which needs no space, and another commit has overwritten the part within that size.
 */
function isUndone(bytes: number): boolean {
  try {
    cutTo(wal, bytes);
    writeProbe();
    syncFile(wal);
    return true;
  } catch {
    return false;
  }
}

/** Ignores errors: if there is no space for this, the failed commit had no space at the same place. */
function writeProbe(): void {
  try {
    connection.exec(`BEGIN IMMEDIATE; ${PROBE}; COMMIT`);
  } catch {
    rollBack();
  }
}

/** Removes deleted and replaced values from the write-ahead log. SQLite overwrites them in the file. */
function eraseSoon(): void {
  if (options.eraseDeleted) erasing ??= setTimeout(erase, ERASE_MILLISECONDS).unref();
}

function erase(): void {
  erasing = undefined;
  try {
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // There is no room for it in the file yet.
  }
  if (sizeOf(wal) > 0) eraseSoon();
}

function transaction({ id, statements }: SqlRequest): SqlReply {
  connection.exec('SAVEPOINT one');
  try {
    const rows = statements.map(run);
    connection.exec('RELEASE one');
    return { id, rows };
  } catch (error) {
    try {
      connection.exec('ROLLBACK TO one; RELEASE one');
    } catch {
      // A full disk has already rolled back the whole commit: all of it fails for the same reason.
      throw error;
    }
    return { id, error: messageOf(error), uncertain: false };
  }
}

function rollBack(): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // SQLite has already rolled back.
  }
}

const allFail = (requests: readonly SqlRequest[], cause: unknown, uncertain: boolean): SqlReply[] =>
  requests.map(({ id }) => ({ id, error: messageOf(cause), uncertain }));

/**
 * Checks for free space: first with a file in the same directory, whose error code gives the reason, then in this file.
 */
function probe({ id }: SqlRequest): SqlReply {
  try {
    assertRoom(options.file);
    connection.exec('BEGIN IMMEDIATE');
    connection.run(PROBE, []);
    connection.exec('COMMIT');
    return { id, rows: [] };
  } catch (error) {
    rollBack();
    return { id, error: messageOf(error), uncertain: false };
  }
}

function read({ id, statements }: SqlRequest): SqlReply {
  try {
    return { id, rows: statements.map(run) };
  } catch (error) {
    return { id, error: messageOf(error), uncertain: false };
  }
}

function run({ sql, params, each }: SqliteStatement): SqlRow[] {
  if (!each) return connection.all(sql, params);
  for (const one of JSON.parse(Buffer.from(each).toString()) as SqliteValue[][]) connection.run(sql, one);
  return [];
}

function buffersOf(reply: SqlReply): ArrayBuffer[] {
  if ('error' in reply) return [];
  const buffers: ArrayBuffer[] = [];
  for (const rows of reply.rows) {
    for (const row of rows)
      for (const name in row) if (row[name] instanceof Uint8Array) buffers.push(row[name].buffer as ArrayBuffer);
  }
  return buffers;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
