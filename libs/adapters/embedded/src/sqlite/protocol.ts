import type { SqlRow, SqlValue } from './driver';

export interface Statement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
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

export interface OpenOptions {
  readonly file: string;
  /** The write-ahead log is folded into the database when it has grown to this many bytes. */
  readonly checkpointBytes: number;
  readonly cacheBytes: number;
  readonly pageBytes: number;
  /** What is deleted is overwritten in the file. */
  readonly eraseDeleted: boolean;
}
