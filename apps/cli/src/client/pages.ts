import { pagesOf, type QueryParameters } from '@tallystick/client';
import type { Page } from '@tallystick/contracts/http';
import type { CliClient, KeyName } from './client';

/** Pages of the list at `path`, up to `limit` rows. */
export const pages = <Row>(
  client: CliClient,
  path: string,
  query: QueryParameters,
  limit = Infinity,
  as?: KeyName,
): AsyncGenerator<readonly Row[]> => pagesOf((page) => client.get<Page<Row>>(path, page, as), query, limit);
