import type { Call, Client, KeyName } from './client';

export interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor?: string | null;
}

const PAGE = 500;

/** All pages of a list, at most `limit` rows, one page in memory at a time. */
export async function* pages<Row>(
  client: Client,
  path: string,
  query: NonNullable<Call['query']>,
  limit = Infinity,
  as?: KeyName,
): AsyncGenerator<readonly Row[]> {
  let cursor: string | undefined;
  let left = limit;
  while (left > 0) {
    const asked = { ...query, cursor, limit: Math.min(PAGE, left) };
    const { data, nextCursor } = await client.get<Page<Row>>(path, asked, as);
    yield data.slice(0, left);
    left -= data.length;
    if (nextCursor == null) return;
    cursor = nextCursor;
  }
}
