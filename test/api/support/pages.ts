import { caller } from '../../support/callers';
import type { TestResponse, Standalone } from '../../support/server';

/** The rows of each page of a list, from the first page to the last. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- response bodies are compared as they are
export async function pagesOf(server: Standalone, path: string): Promise<any[][]> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  const pages: any[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const next = path + (cursor && `&cursor=${encodeURIComponent(cursor)}`);
    const { status, body }: TestResponse = await caller(server, 'operator')('GET', next);
    expect({ status, body }).toMatchObject({ status: 200, body: { data: expect.any(Array) } });
    pages.push(body.data);
    cursor = body.nextCursor;
  }
  return pages;
}
