import { invalidInput, type Page, type Problem } from '@tallystick/contracts/http';
import { pageLimit, type CommonSettings } from '@tallystick/hosting';

interface PageQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

/** A page of items that are in memory. The cursor names the last item of the page before, so that new items do not move it. */
export function pageOfItems<Item>(
  items: readonly Item[],
  { cursor, limit }: PageQuery,
  limits: Pick<CommonSettings, 'pageSize' | 'maxPageSize'>,
  keyOf: (item: Item) => string,
): Page<Item> {
  const size = pageLimit(limit, limits);
  const from = cursor === undefined ? 0 : indexOf(items, cursor, keyOf) + 1;
  const data = items.slice(from, from + size);
  const last = data[data.length - 1];
  const hasMore = items.length > from + size;
  return { data, nextCursor: hasMore && last !== undefined ? cursorOf(keyOf(last)) : null };
}

function indexOf<Item>(items: readonly Item[], cursor: string, keyOf: (item: Item) => string): number {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  const index = items.findIndex((item) => keyOf(item) === key);
  if (index < 0) throw notACursor();
  return index;
}

/** Opaque to callers. */
export const cursorOf = (key: string): string => Buffer.from(key).toString('base64url');

/** The key that a page ended with. Throws a Problem for a text that is no cursor. */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (cursorOf(key) !== cursor) throw notACursor();
  return key;
}

/** The revision that a page ended with. Throws a Problem for any other text. */
export function readRevisionCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const revision = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,15}$/.test(revision)) throw notACursor();
  return Number(revision);
}

const notACursor = (): Problem =>
  invalidInput([
    { field: 'cursor', rule: 'cursor', message: 'Give the nextCursor of the page before, or leave it out.' },
  ]);
