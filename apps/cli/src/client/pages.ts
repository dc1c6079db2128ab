import { pagesOf, type QueryParameters } from '@tallystick/client';
import type { Page } from '@tallystick/contracts/http';
import type { Client, KeyName } from './client';

/** The pages of the list at `path`, up to `limit` rows. */
export const pages = <Row>(
  client: Client,
  path: string,
  query: QueryParameters,
  limit = Infinity,
  as?: KeyName,
): AsyncGenerator<readonly Row[]> => pagesOf((page) => client.get<Page<Row>>(path, page, as), query, limit);
