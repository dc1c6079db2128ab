import { join } from 'node:path';
import { SqliteEventStore, SqliteViewStore } from '@tallystick/adapters/embedded';
import {
  LEDGER_RECORDS,
  LEDGER_VIEWS,
  type LedgerEvent,
  organizationOf,
  STREAM_PREFIX,
  type LedgerStreamEvent,
  type Policy,
} from '@tallystick/domain/ledger';
import { Admission, Projector } from '@tallystick/eventing';
import { temporaryDirectory } from '../harness/cleanup';
import { drive } from '../support/drive';
import { EVENTS_PER_JOB, GRANTED } from '../support/leapocr';
import { checkTotals } from '../support/system';
import { ledgerTransactor } from '../support/transactor';
import type { Case, Times } from './case';
import { tallystick } from './tallystick';

/** Events of the setup of an organization. */
const EVENTS_PER_ORGANIZATION = 2;

/**
 * The ledger with its four views. Its state keeps settled jobs until the jobs view contains them. Jobs per second from the
 * start of the first job until the views show the last one.
 */
export async function measureWithViews(each: Case, policy: Policy, times: Times): Promise<number> {
  const [directory, views] = [temporaryDirectory(), temporaryDirectory()];
  const store = await SqliteEventStore.open(join(directory.path, 'streams.db'));
  const viewStore = await SqliteViewStore.open(join(views.path, 'views.db'));
  const indexed = new Map<string, number>();
  const projector = new Projector<LedgerStreamEvent, LedgerEvent>({
    store,
    viewStore,
    views: LEDGER_VIEWS,
    prefix: STREAM_PREFIX,
    admission: () => new Admission({ store, ...LEDGER_RECORDS }),
    toStreamEvent: ({ recorded, event }) => ({
      entityId: organizationOf(recorded.stream),
      revision: recorded.revision,
      event: event!,
    }),
    onProjected: (batch) =>
      batch.forEach(({ entityId: organizationId, revision }) => indexed.set(organizationId, revision)),
  });
  await projector.start();
  const transactor = ledgerTransactor(store, policy, (organizationId) => indexed.get(organizationId) ?? -1);
  const system = await tallystick(store, transactor, each.organizations, () => store.close());
  try {
    const started = performance.now();
    const { jobs } = await drive(system, {
      ...each,
      milliseconds: times.milliseconds,
      warmUpMilliseconds: 0,
    });
    const events = EVENTS_PER_ORGANIZATION * each.organizations + EVENTS_PER_JOB * jobs;
    while (projector.position < events - 1) await new Promise((resume) => setTimeout(resume, 5));
    const milliseconds = performance.now() - started;
    checkTotals('Tallystick with its views', await system.totals(), each.organizations * GRANTED, jobs);
    return (jobs / milliseconds) * 1_000;
  } finally {
    await projector.stop();
    await system.close();
    await viewStore.close();
    directory.remove();
    views.remove();
  }
}
