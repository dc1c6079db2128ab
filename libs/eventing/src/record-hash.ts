import { createHash } from 'node:crypto';
import type { RecordedEvent } from './event-store';

type Members = Readonly<Record<string, unknown>>;

/**
 * SHA-256, base64url, of the members of one record as read, in the form of RFC 8785; binary data as base64, without the hash
 * that our own metadata carry. Tells the record that an operator accepted from another one in its place.
 */
export function recordHash({ stream, revision, id, type, data, metadata }: RecordedEvent): string {
  const members = { stream, revision, id, type, data: asJson(data), metadata: withoutHash(asJson(metadata)) };
  return createHash('sha256')
    .update(JSON.stringify(sorted(members)))
    .digest('base64url');
}

const asJson = (value: unknown): unknown =>
  ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
    : value;

function withoutHash(metadata: unknown): unknown {
  if (typeof metadata !== 'object' || metadata === null) return metadata;
  const { hash, ...others } = metadata as Members;
  return typeof others['schemaVersion'] === 'number' && typeof hash === 'string' ? others : metadata;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
