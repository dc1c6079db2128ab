import type { SqlRow, SqliteValue } from './sqlite-connection';

export interface SqliteStatement {
  readonly sql: string;
  readonly params?: readonly SqliteValue[];
  /** JSON array of parameter lists. The statement runs once for each list and returns no rows. */
  readonly each?: Uint8Array;
}

/** One transaction, or several reads. `probe` has no statements and fails if a write would. */
export interface SqlRequest {
  readonly id: number;
  readonly kind: 'write' | 'read' | 'probe';
  readonly statements: readonly SqliteStatement[];
}

export interface FailedReply {
  readonly id: number;
  readonly error: string;
  /** It is unknown whether the transaction was stored. */
  readonly uncertain: boolean;
}

export type SqlReply = { readonly id: number; readonly rows: readonly (readonly SqlRow[])[] } | FailedReply;

/** The opened file is no longer at its path: data written to it would be lost. */
export interface FileLost {
  readonly lost: string;
}

/** First message of the thread. */
export type OpenReply =
  | {
      /** Version of SQLite. */
      readonly description: string;
    }
  | { readonly refused: string };

export interface OpenOptions {
  readonly file: string;
  /** Size in bytes at which the write-ahead log is copied into the database. */
  readonly checkpointBytes: number;
  readonly cacheBytes: number;
  readonly pageBytes: number;
  /** True if a commit survives power loss. Commits are atomic in both cases. */
  readonly durable: boolean;
  /** Overwrites deleted and replaced values in the file, and within seconds in its write-ahead log. */
  readonly eraseDeleted: boolean;
}
