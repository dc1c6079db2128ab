import { chosenCatalog } from '@tallystick/catalog';
import { type EventStore, LOG_START } from '@tallystick/eventing';
import { streamPrefixOf } from '@tallystick/hosting';
import { CREDITS } from '../commands/credits-stream';

const PAGE = 1_000;

/**
 * The id of the catalog by which a log that names none was rated last. Reads the whole log, once: the first start of this version
 * records the id.
 */
export async function catalogOfNewestRating(store: EventStore): Promise<string | undefined> {
  const prefix = streamPrefixOf(CREDITS);
  if ((await chosenCatalog(store)) !== undefined) return undefined;
  const end = await store.last(prefix);
  if (end === undefined) return undefined;
  let newest: string | undefined;
  for (let after = LOG_START; after < end.position;) {
    const { events, position } = await store.readLog(after, PAGE, prefix);
    for (const { data } of events) newest = ratedBy(data) ?? newest;
    if (position === after) break;
    after = position;
  }
  return newest?.split('@', 1)[0];
}

/** The catalog reference of a reservation's rating. The log may have records of other programs. */
function ratedBy(data: unknown): string | undefined {
  const { rating } = (data ?? {}) as { readonly rating?: { readonly catalog?: unknown } };
  return typeof rating?.catalog === 'string' ? rating.catalog : undefined;
}
