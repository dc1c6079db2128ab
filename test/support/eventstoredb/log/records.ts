export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface Recorded extends ProposedEvent {
  readonly stream: string;
  readonly revision: number;
  /** Like a byte offset: it grows by more than one, and only the start of a record is a valid position. */
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A record that is not an event: an epoch, or an append without events. */
export interface Filler {
  readonly position: number;
  readonly length: number;
}

export type ExpectedRevision = number | 'any' | 'stream exists';

/** The result of an append or a deletion. */
export type WriteResult =
  /** Stored now or earlier: the revision of the last event, or -1. The position is missing for truncated events. */
  | { readonly kind: 'stored'; readonly revision: number; readonly position: number | undefined }
  | { readonly kind: 'wrong revision'; readonly current: number }
  | { readonly kind: 'deleted' }
  /** Known ids in descending order: the server fails on its own answer, and never sends one. */
  | { readonly kind: 'unanswered' }
  /** A repetition of what is written and not yet indexed: dropped, and answered by a timeout. */
  | { readonly kind: 'not indexed' };

export const NO_STREAM = -1;
/** The last revision of a stream with a tombstone: 2^63 - 1, which a number rounds up. */
export const DELETED = 2 ** 63;
export const JSON_CONTENT = 'application/json';
export const BINARY_CONTENT = 'application/octet-stream';

const RECORD_OVERHEAD = 100;

export const lengthOf = ({ data, metadata }: Pick<ProposedEvent, 'data' | 'metadata'>): number =>
  RECORD_OVERHEAD + data.length + metadata.length;
export const endOf = (event: Recorded): number => event.position + lengthOf(event);

export const isFiller = (record: Recorded | Filler): record is Filler => !('stream' in record);
