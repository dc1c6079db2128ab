import type { Page } from '@tallystick/contracts/http';
import type { HttpClient, QueryParameters } from '../http-client';

const PAGE_SIZE = 500;

/** The pages of a list, up to `limit` items. One page is in memory at a time. */
export async function* pagesOf<Item>(
  read: (query: QueryParameters) => Promise<Page<Item>>,
  query: QueryParameters = {},
  limit = Infinity,
): AsyncGenerator<readonly Item[]> {
  let cursor: string | undefined;
  for (let left = limit; left > 0;) {
    const { data, nextCursor } = await read({ ...query, cursor, limit: Math.min(PAGE_SIZE, left) });
    yield data.slice(0, left);
    left -= data.length;
    if (nextCursor == null) return;
    cursor = nextCursor;
  }
}

/** A method that reads a page of the list at `path`. */
export const listAt =
  <Item>(http: HttpClient, path: string) =>
  (query: QueryParameters = {}): Promise<Page<Item>> =>
    http.request({ path, query });
