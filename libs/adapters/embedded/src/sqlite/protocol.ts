import type { SqlRow, SqlValue } from './driver';

export interface Statement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
  /** JSON, an array of parameter lists: the statement runs once for each of them, and answers no rows. */
  readonly each?: Uint8Array;
}

/** One transaction, or reads that belong together. */
export interface Request {
  readonly id: number;
  readonly kind: 'write' | 'read';
  readonly statements: readonly Statement[];
}

export type Reply =
  | { readonly id: number; readonly rows: readonly (readonly SqlRow[])[] }
  | { readonly id: number; readonly error: string; readonly uncertain: boolean };

/** The file that was opened is no longer at its path: nothing that is written to it will be found again. */
export interface Lost {
  readonly lost: string;
}

/** The first message of the thread. */
export interface Opened {
  /** Which SQLite it uses. */
  readonly description: string;
}

export interface OpenOptions {
  readonly file: string;
  /** The write-ahead log is folded into the database when it has grown to this many bytes. */
  readonly checkpointBytes: number;
  readonly cacheBytes: number;
  readonly pageBytes: number;
  /** Whether a commit survives power loss. One that does not is still whole or not there at all. */
  readonly durable: boolean;
  /** What is deleted is overwritten in the file. */
  readonly eraseDeleted: boolean;
}
