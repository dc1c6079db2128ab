import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { CATALOG_STREAM, CatalogVersions, type CatalogText, versionsStreamOf } from '@tallystick/catalog';
import { describeProblems, parseCatalog } from '@tallystick/domain/catalog';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { StartupError, systemClock } from '@tallystick/runtime';
import { CatalogRecorder } from './catalog-recorder';

Logger.overrideLogger(false);

const text = (id: string, version = '1', price = '29.99', effectiveAt = '2026-01-01') => `id: ${id}
version: "${version}"
effectiveAt: ${effectiveAt}
links: { billingUrl: https://mill.example/ }
burnDownOrder: [trial, package, top-up, promotional, pay-as-you-go]
operations: [{ id: scan, unit: page, credits: 1 }]
currencies: { USD: { tax: excluded } }
plans: [{ id: small, credits: 1000, prices: { USD: "${price}" } }]
`;

function sourceOf(source: string): CatalogText {
  const parsed = parseCatalog(source);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return { catalog: parsed.catalog, source };
}

/** Starts a ledger on the log, as far as its catalog goes. */
async function start(store: InMemoryEventStore, source: string, settings = {}) {
  const running = sourceOf(source);
  const configuration = { catalog: 'mill.yaml', changeCatalog: false, ...settings };
  await new CatalogRecorder(store, running, configuration, systemClock).onModuleInit();
  return new CatalogVersions(store, running.catalog);
}

const recorded = async (store: InMemoryEventStore, stream: string) =>
  (await store.read(stream, 0, 100)).map(({ data }) => data);
const versions = async (store: InMemoryEventStore, id: string) =>
  (await recorded(store, versionsStreamOf(id))).map((data) => (data as { version: string }).version);
const rating = (catalog: string) => ({
  id: randomUUID(),
  type: 'CreditsReserved',
  data: { rating: { catalog } },
  metadata: {},
});

test('the first start records the catalog and its version, and the next one nothing', async () => {
  const store = new InMemoryEventStore();
  await start(store, text('mill'));
  await start(store, text('mill'));
  expect(await recorded(store, CATALOG_STREAM)).toEqual([{ id: 'mill' }]);
  expect(await recorded(store, 'catalog-mill')).toEqual([
    {
      id: 'mill',
      version: '1',
      effectiveAt: '2026-01-01T00:00:00.000Z',
      hash: expect.stringMatching(/^[\w-]{43}$/),
      source: text('mill'),
    },
  ]);
});

test('catalog records carry no business time', async () => {
  const store = new InMemoryEventStore();
  await start(store, text('mill'));
  for (const stream of [CATALOG_STREAM, 'catalog-mill'])
    expect((await store.read(stream, 0, 1))[0]!.metadata).toEqual({ schemaVersion: 1, recordedAt: expect.any(String) });
});

describe('another id', () => {
  test('is refused, with the id of the log and the way to confirm', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill'));
    const refused = start(store, text('press'));
    await expect(refused).rejects.toThrow(StartupError);
    await expect(refused).rejects.toThrow(
      'The log belongs to the catalog "mill", but TALLY_CATALOG is "mill.yaml" with the catalog "press". ' +
        'Start with a version of "mill", or confirm the change with --change-catalog.',
    );
    expect(await versions(store, 'press')).toEqual([]);
  });

  test('is in force once it is confirmed, and the former one is then another id', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill'));
    await start(store, text('press'), { changeCatalog: true });
    await start(store, text('press'));
    await expect(start(store, text('mill'))).rejects.toThrow('belongs to the catalog "press"');
    expect(await recorded(store, CATALOG_STREAM)).toEqual([{ id: 'mill' }, { id: 'press' }]);
  });

  test('of two processes that open a log at once, one has its catalog, the other is refused', async () => {
    const store = new InMemoryEventStore();
    const starts = await Promise.allSettled([start(store, text('mill')), start(store, text('press'))]);
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await recorded(store, CATALOG_STREAM)).toHaveLength(1);
  });

  test('is no matter to a tool that keeps the catalog of the log: it records nothing', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill'));
    await start(store, text('press'), { keepsCatalog: true });
    expect([await recorded(store, CATALOG_STREAM), await versions(store, 'press')]).toEqual([[{ id: 'mill' }], []]);
  });
});

describe('a log of a version without catalog records', () => {
  const rated = async (...catalogs: readonly string[]) => {
    const store = new InMemoryEventStore();
    for (const [at, catalog] of catalogs.entries()) await store.append(`credits-${at}`, -1, [rating(catalog)]);
    await store.append('credits-last', -1, [{ ...rating(''), type: 'CreditsConsumed', data: { credits: 1 } }]);
    return store;
  };

  test('has the catalog of its newest rating', async () => {
    const store = await rated('press@1', 'mill@7');
    await expect(start(store, text('press'))).rejects.toThrow('The log belongs to the catalog "mill"');
    await start(store, text('mill'));
    expect(await recorded(store, CATALOG_STREAM)).toEqual([{ id: 'mill' }]);
  });

  test('has the running catalog if nothing was rated', async () => {
    const store = await rated();
    await start(store, text('press'));
    expect(await recorded(store, CATALOG_STREAM)).toEqual([{ id: 'press' }]);
  });

  test('takes the id from its record, once it has one, and not from later ratings', async () => {
    const store = await rated('mill@7');
    await start(store, text('mill'));
    await store.append('credits-x', -1, [rating('press@1')]);
    await start(store, text('mill'));
  });
});

describe('versions', () => {
  test('each that was in force is recorded, a former one again when it is back', async () => {
    const store = new InMemoryEventStore();
    for (const version of ['1', '2', '1', '1']) await start(store, text('mill', version));
    expect(await versions(store, 'mill')).toEqual(['1', '2', '1']);
  });

  test('comments and the order of keys make no other version; another price under the same version is recorded', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill'));
    await start(store, `# a comment\n${text('mill')}`);
    expect(await versions(store, 'mill')).toEqual(['1']);
    await start(store, text('mill', '1', '34.99'));
    expect(await versions(store, 'mill')).toEqual(['1', '1']);
  });

  test('a sale reads the version that it names', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill', '1', '29.99'));
    const catalogs = await start(store, text('mill', '2', '34.99'));
    const priceOf = async (reference: string) =>
      (await catalogs.versionOf(reference))?.plans[0]!.prices.get('USD')!.amount;
    expect([await priceOf('mill@1'), await priceOf('mill@2')]).toEqual([2999, 3499]);
    expect([await priceOf('mill@0'), await priceOf('press@1')]).toEqual([undefined, undefined]);
  });

  test('a version is in force from its effectiveAt, the first one from the start', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill', '1', '29.99', '2026-04-01'));
    const catalogs = await start(store, text('mill', '2', '34.99', '2026-05-01'));
    const timeline = await catalogs.timeline();
    expect(timeline('2026-03-01T00:00:00.000Z').version).toBe('1');
    expect(timeline('2026-04-30T23:59:59.999Z').version).toBe('1');
    expect(timeline('2026-05-01T00:00:00.000Z').version).toBe('2');
  });

  test('a version with the effectiveAt of the one before takes its place, also before that time', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill', '1', '29.99', '2026-11-01'));
    await start(store, text('mill', '2', '29.99', '2026-11-01'));
    await start(store, text('mill', '3', '34.99', '2026-05-01'));
    const timeline = await (await start(store, text('mill', '4', '39.99', '2026-05-01'))).timeline();
    expect(timeline('2026-04-30T23:59:59.999Z').version).toBe('2');
    expect(timeline('2026-05-01T00:00:00.000Z').version).toBe('4');
    expect(timeline('2026-12-01T00:00:00.000Z').version).toBe('4');
  });

  test('the running version is in the timeline before it is recorded', async () => {
    const store = new InMemoryEventStore();
    await start(store, text('mill', '1', '29.99', '2026-04-01'));
    const versions = new CatalogVersions(store, sourceOf(text('mill', '2', '34.99', '2026-05-01')).catalog);
    const timeline = await versions.timeline();
    expect(timeline('2026-04-30T00:00:00.000Z').version).toBe('1');
    expect(timeline('2026-05-02T00:00:00.000Z').version).toBe('2');
    const first = await new CatalogVersions(new InMemoryEventStore(), sourceOf(text('mill')).catalog).timeline();
    expect(first('2020-01-01T00:00:00.000Z').version).toBe('1');
  });

  test('a version whose text was altered is not read', async () => {
    const store = new InMemoryEventStore();
    const [version] = [
      { id: 'mill', version: '1', effectiveAt: '2026-01-01T00:00:00.000Z', hash: 'x', source: text('mill') },
    ];
    await store.append('catalog-mill', -1, [
      { id: randomUUID(), type: 'CatalogVersionRecorded', data: version, metadata: {} },
    ]);
    const catalogs = new CatalogVersions(store, sourceOf(text('mill', '2')).catalog);
    await expect(catalogs.versionOf('mill@1')).rejects.toThrow('mill@1 in catalog-mill is damaged');
  });
});
