import type { SqlRow, SqliteValue } from './sqlite-connection';

export interface SqliteStatement {
  readonly sql: string;
  readonly params?: readonly SqliteValue[];
  /** JSON, an array of parameter lists: the statement runs once for each of them, and answers no rows. */
  readonly each?: Uint8Array;
}

/** One transaction, or reads that belong together; `probe` has no statements and fails where a write would. */
export interface SqlRequest {
  readonly id: number;
  readonly kind: 'write' | 'read' | 'probe';
  readonly statements: readonly SqliteStatement[];
}

export interface FailedReply {
  readonly id: number;
  readonly error: string;
  /** Whether it was stored is unknown. */
  readonly uncertain: boolean;
}

export type SqlReply = { readonly id: number; readonly rows: readonly (readonly SqlRow[])[] } | FailedReply;

/** The file that was opened is no longer at its path: nothing that is written to it will be found again. */
export interface FileLost {
  readonly lost: string;
}

/** The first message of the thread. */
export type OpenReply =
  | {
      /** Which SQLite it uses. */
      readonly description: string;
    }
  | { readonly refused: string };

export interface OpenOptions {
  readonly file: string;
  /** The write-ahead log is folded into the database when it has grown to this many bytes. */
  readonly checkpointBytes: number;
  readonly cacheBytes: number;
  readonly pageBytes: number;
  /** Whether a commit survives power loss. One that does not is still whole or not there at all. */
  readonly durable: boolean;
  /** What is deleted or replaced is overwritten in the file, and within seconds gone from its write-ahead log. */
  readonly eraseDeleted: boolean;
}
