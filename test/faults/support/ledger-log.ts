import { STREAM_PREFIX } from '@tallystick/domain/ledger';
import type { TestServer } from '../../support/eventstoredb/server';

export interface StoredMovement {
  readonly organizationId: string;
  readonly type: string;
  readonly data: { readonly jobId?: string; readonly credits?: number; readonly reason?: string };
}

/** The movements in the store, read without code of the product. */
export const movementsIn = ({ log }: TestServer): StoredMovement[] =>
  log.events
    .filter(({ stream }) => stream.startsWith(STREAM_PREFIX))
    .map(({ stream, type, data }) => ({
      organizationId: stream.slice(STREAM_PREFIX.length),
      type,
      data: JSON.parse(Buffer.from(data).toString()) as StoredMovement['data'],
    }));

/** The last revision of each organization's stream. */
export function revisionsIn(server: TestServer): Map<string, number> {
  const last = new Map<string, number>();
  for (const { stream, revision } of server.log.events)
    if (stream.startsWith(STREAM_PREFIX)) last.set(stream.slice(STREAM_PREFIX.length), revision);
  return last;
}

/** Jobs that were reserved or ended more than once. A refund of unused credits belongs to the consumption. */
export function repeatedIn(server: TestServer): string[] {
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (const { organizationId, type, data } of movementsIn(server)) {
    if (data.jobId === undefined || data.reason === 'unused') continue;
    const what = `${type === 'CreditsReserved' ? type : 'its end'} of ${organizationId}/${data.jobId}`;
    if (seen.has(what)) repeated.push(what);
    seen.add(what);
  }
  return repeated;
}
