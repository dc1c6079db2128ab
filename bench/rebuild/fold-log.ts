import { join } from 'node:path';
import { SqliteEventStore, SqliteViewStore } from '@tallystick/adapters/embedded';
import {
  balances,
  LEDGER_RECORDS,
  LEDGER_VIEWS,
  type LedgerEvent,
  organizationOf,
  STREAM_PREFIX,
  type LedgerStreamEvent,
} from '@tallystick/domain/ledger';
import { Admission, Projector } from '@tallystick/eventing';
import { answer } from '../harness/child';
import { temporaryDirectory } from '../harness/cleanup';

export interface Folded {
  readonly events: number;
  readonly milliseconds: number;
  readonly rssBefore: number;
  readonly rssPeak: number;
  readonly rssAfter: number;
}

const PAGE = 2_000;
const [, , directory, what, upTo] = process.argv;

answer(async (): Promise<Folded> => {
  const store = await SqliteEventStore.open(join(directory!, 'streams.db'));
  const views = temporaryDirectory();
  const viewStore = await SqliteViewStore.open(join(views.path, 'views.db'));
  globalThis.gc!();
  const rssBefore = process.memoryUsage.rss();
  let rssPeak = rssBefore;
  const watch = setInterval(() => (rssPeak = Math.max(rssPeak, process.memoryUsage.rss())), 20);
  const started = performance.now();
  const events = what === 'nothing' ? await read(store) : await fold(store, viewStore);
  const milliseconds = performance.now() - started;
  clearInterval(watch);
  globalThis.gc!();
  const folded = { events, milliseconds, rssBefore, rssPeak, rssAfter: process.memoryUsage.rss() };
  await viewStore.close();
  await store.close();
  return folded;
});

async function read(store: SqliteEventStore): Promise<number> {
  let events = 0;
  for (let position = -1; ;) {
    const page = await store.readLog(position, PAGE, STREAM_PREFIX);
    if (page.position === position) return events;
    position = page.position;
    events += page.events.length;
  }
}

async function fold(store: SqliteEventStore, viewStore: SqliteViewStore): Promise<number> {
  let events = 0;
  let reached: () => void;
  const enough = new Promise<void>((resolve) => (reached = resolve));
  const projector = new Projector<LedgerStreamEvent, LedgerEvent>({
    store,
    viewStore,
    views: what === 'balances' ? [balances] : LEDGER_VIEWS,
    prefix: STREAM_PREFIX,
    admission: () => new Admission({ store, ...LEDGER_RECORDS }),
    toStreamEvent: ({ recorded, event }) => ({
      entityId: organizationOf(recorded.stream),
      revision: recorded.revision,
      event: event!,
    }),
    onProjected: (batch) => {
      events += batch.length;
      if (events >= Number(upTo)) reached();
    },
    onFailed: (error) => {
      throw error;
    },
  });
  await projector.start();
  await Promise.race([projector.caughtUp, enough]);
  await projector.stop();
  return events;
}
