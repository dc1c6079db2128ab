import { createHash, hash, type Hash } from 'node:crypto';
import type { RecordedEvent } from '../ports/event-store';
import { canonicalJson } from './canonical-json';

/** The members of a record that its stream's chain covers. */
export type Linked = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>;

/** The hash before the first event of a stream. */
export const NOTHING_BEFORE = '';

/** SHA-256 of a text's UTF-8, in base64url without padding. */
const sha256 = (text: string): string => hash('sha256', text, 'base64url');

/**
 * The hash that a record carries. Only metadata of the product's own form, with a `schemaVersion`, has one:
 * what another program calls `hash` is a part of its record like any other.
 */
export function hashIn(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const { schemaVersion, hash: carried } = metadata as { schemaVersion?: unknown; hash?: unknown };
  return typeof schemaVersion === 'number' && typeof carried === 'string' ? carried : undefined;
}

/**
 * A record as it enters the chain, of any program: the RFC 8785 form of its members as read, without the hash that it carries.
 * Data or metadata that are no JSON are a text, their bytes in base64; members that are not there are left out.
 */
export function recordText({ stream, revision, id, type, data, metadata }: Linked): string {
  const covered = hashIn(metadata) === undefined ? asJson(metadata) : { ...(metadata as object), hash: undefined };
  return canonicalJson({ data: asJson(data), id, metadata: covered, revision, stream, type })!;
}

const asJson = (value: unknown): unknown =>
  ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') : value;

/** SHA-256 of one record alone, of any program. */
export const recordHash = (record: Linked): string => sha256(recordText(record));

/** The hash over the one before and the records after it. */
export const linkOf = (previous: string, texts: readonly string[]): string => sha256(`${previous}[${texts.join(',')}]`);

/** The same, record by record, so that however many there are, none is kept. */
export class OpenLink {
  private readonly running: Hash;
  private count = 0;

  constructor(previous: string) {
    this.running = createHash('sha256').update(`${previous}[`);
  }

  add(text: string): this {
    this.running.update(this.count++ === 0 ? text : `,${text}`);
    return this;
  }

  /** Over all records added and these; none of them is added by asking. */
  closed(...texts: string[]): string {
    const before = this.count === 0 || texts.length === 0 ? '' : ',';
    return this.running
      .copy()
      .update(`${before}${texts.join(',')}]`)
      .digest('base64url');
  }
}
