import { createHash, randomUUID } from 'node:crypto';
import type { Catalog } from '@tallystick/domain/catalog';
import { isOutcomeUnknown, type EventStore, NO_STREAM, WrongRevision } from '@tallystick/eventing';
import type { CatalogText } from './catalog-file';

/**
 * The catalogs of the log: `CatalogChosen` for each, the last of which is in force. As the stream of the log's identity, it is
 * outside of the services' categories.
 */
export const CATALOG_STREAM = 'tallystick-catalog';
/** The versions of one catalog: `CatalogVersionRecorded` for each that was in force, in this order. */
export const versionsStreamOf = (id: string): string => `catalog-${id}`;

export interface ChosenCatalog {
  readonly id: string;
}

export interface CatalogVersion {
  readonly id: string;
  readonly version: string;
  readonly effectiveAt: string;
  /** SHA-256 of `source`, base64url. */
  readonly hash: string;
  /** The text of the catalog file. */
  readonly source: string;
}

export const catalogVersionOf = ({ catalog, source }: CatalogText): CatalogVersion => {
  const { id, version, effectiveAt } = catalog;
  return { id, version, effectiveAt, hash: hashOf(source), source };
};

export const hashOf = (source: string): string => createHash('sha256').update(source).digest('base64url');

export const referenceOf = ({ id, version }: Pick<Catalog, 'id' | 'version'>): string => `${id}@${version}`;

/** The id of the catalog in force. Undefined for a log that no version with these records has opened. */
export async function chosenCatalog(store: EventStore): Promise<string | undefined> {
  return (await dataOf<ChosenCatalog>(store, CATALOG_STREAM)).at(-1)?.id;
}

export const recordedVersions = (store: EventStore, id: string): Promise<readonly CatalogVersion[]> =>
  dataOf<CatalogVersion>(store, versionsStreamOf(id));

const PAGE = 100;

async function dataOf<Data>(store: EventStore, stream: string): Promise<readonly Data[]> {
  const all: Data[] = [];
  for (;;) {
    const page = await store.read(stream, all.length, PAGE);
    for (const { data } of page) all.push(data as Data);
    if (page.length < PAGE) return all;
  }
}

interface CatalogRecord<Data> {
  readonly stream: string;
  readonly type: 'CatalogChosen' | 'CatalogVersionRecorded';
  readonly recordedAt: string;
  /** The data to append to a stream with these records; undefined for nothing. */
  readonly next: (recorded: readonly Data[]) => Data | undefined;
}

const ATTEMPTS = 10;

/** Appends one record. If another process has appended in between, decides again. */
export async function appendRecord<Data>(
  store: EventStore,
  { stream, type, recordedAt, next }: CatalogRecord<Data>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const recorded = await dataOf<Data>(store, stream);
    const data = next(recorded);
    if (data === undefined) return;
    const event = { id: randomUUID(), type, data, metadata: { schemaVersion: 1, recordedAt } };
    try {
      await store.append(stream, recorded.length + NO_STREAM, [event]);
      return;
    } catch (error) {
      const isRepeatable = error instanceof WrongRevision || isOutcomeUnknown(error);
      if (!isRepeatable || attempt === ATTEMPTS) throw error;
    }
  }
}
