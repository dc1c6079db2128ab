import { JSON_CONTENT, type ProposedEvent } from './records';

const METADATA_PREFIX = '$$';
/** `$tb` of a soft-deleted stream, as the server writes it. */
const MAX_LONG = '9223372036854775807';

/** The limits of the visible events of a stream. */
export interface Bounds {
  readonly maxCount?: number;
  readonly maxAgeMs?: number;
  readonly truncateBefore?: number;
  readonly softDeleted?: boolean;
}

const UNBOUNDED: Bounds = {};
/** The server keeps the newest metadata only. */
const BOUNDS_OF_METADATA: Bounds = { maxCount: 1 };

export const METADATA_TYPE = '$metadata';
export const SOFT_DELETION = Buffer.from(`{"$tb":${MAX_LONG}}`);

export const metadataStreamOf = (stream: string): string => METADATA_PREFIX + stream;
export const isMetadataStream = (stream: string): boolean => stream.startsWith(METADATA_PREFIX);
export const originalOf = (metadataStream: string): string => metadataStream.slice(METADATA_PREFIX.length);

/** Metadata that is not JSON, or has a member of a wrong type, has no effect. */
export function boundsOf(stream: string, metadata: ProposedEvent | undefined): Bounds {
  if (isMetadataStream(stream)) return BOUNDS_OF_METADATA;
  if (!metadata || metadata.contentType !== JSON_CONTENT) return UNBOUNDED;
  const json = parsed(metadata.data);
  if (!json) return UNBOUNDED;
  const { $maxCount: maxCount, $maxAge: maxAge, $tb: truncateBefore, $acl: acl } = json;
  const numbers = [maxCount, maxAge, truncateBefore, json['$cacheControl']];
  if (!numbers.every((value) => value === undefined || isLong(value))) return UNBOUNDED;
  if (acl !== undefined && !isObject(acl)) return UNBOUNDED;
  if (json['$tmp'] !== undefined && typeof json['$tmp'] !== 'boolean') return UNBOUNDED;
  return {
    ...(isLong(maxCount) && maxCount > 0 && { maxCount }),
    ...(isLong(maxAge) && maxAge > 0 && { maxAgeMs: maxAge * 1_000 }),
    ...(isLong(truncateBefore) && truncateBefore >= 0 && { truncateBefore }),
    softDeleted: truncateBefore === 2 ** 63,
  };
}

/** The metadata with `$tb` at this revision, or undefined if it is not JSON. */
export function truncatedBefore(metadata: Uint8Array, revision: number): Buffer | undefined {
  const json = parsed(metadata);
  return json && Buffer.from(JSON.stringify({ ...json, $tb: revision }));
}

export function parsed(data: Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(data).toString());
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isLong = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63;
