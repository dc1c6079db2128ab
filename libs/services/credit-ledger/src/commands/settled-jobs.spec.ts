import type { Answer } from '@tallystick/domain/ledger';
import { initialLedger, JOBS, LEDGER_VIEWS, type LedgerEvent } from '@tallystick/domain/ledger';
import { StoreUnavailable } from '@tallystick/eventing';
import { ProjectedRevisions } from '@tallystick/hosting';
import { InMemoryViewStore } from '@tallystick/eventing-testing';
import { isKnown, SettledJobs } from './settled-jobs';

const jobsView = LEDGER_VIEWS.find(({ table }) => table === JOBS)!;
const RATING = {
  catalog: 'c@1',
  operation: 'read',
  unit: 'page',
  units: 3,
  unitCredits: 1,
  surcharges: [],
  credits: 3,
} as const;
const at = '2026-11-21T09:30:00.000Z';
const metadata = { schemaVersion: 1, occurredAt: at, recordedAt: at };
const draws: Extract<Answer, { kind: 'reserved' }>['draws'] = [{ grantId: 'g', kind: 'top-up', credits: 3 }];

const reserved = (jobId: string): LedgerEvent => ({
  type: 'CreditsReserved',
  data: {
    jobId,
    projectId: 'p',
    credits: 3,
    draws,
    rating: RATING,
    usage: { pages: 3 },
    expiresAt: at,
    timeoutSeconds: 60,
    period: at,
  },
  metadata,
});
const consumed = (jobId: string): LedgerEvent => ({
  type: 'CreditsConsumed',
  data: {
    jobId,
    projectId: 'p',
    operation: 'read',
    credits: 3,
    draws,
    surplus: [],
    writtenOff: 0,
    rating: RATING,
  },
  metadata,
});

let views: InMemoryViewStore;
let index: SettledJobs;
let revision: number;
let revisions: ProjectedRevisions;

/** As the projector does it: rows first, then who wants to know. */
async function project(...events: LedgerEvent[]): Promise<void> {
  const streamEvents = events.map((event) => ({ entityId: 'o', revision: ++revision, event }));
  const models = new Map<string, unknown>();
  for (const one of streamEvents)
    for (const key of jobsView.keysOf(one)) {
      const [row] = await views.get(JOBS, [key]);
      const model = models.get(String(key)) ?? jobsView.read(row, key);
      models.set(String(key), jobsView.fold(model, one));
    }
  await views.commit([
    {
      table: JOBS,
      checkpoint: { position: revision },
      put: [...models.values()].map((model) => jobsView.write(model)),
    },
  ]);
  index.onProjected(streamEvents);
  revisions.onProjected(streamEvents);
}

beforeEach(async () => {
  revision = -1;
  views = new InMemoryViewStore();
  revisions = new ProjectedRevisions();
  await views.open([JOBS]);
  index = new SettledJobs(views, revisions);
});

const found = async (...jobIds: string[]) => [...(await index.find('o', jobIds)).keys()];

test('has the jobs that ended, and those only', async () => {
  index.start(Promise.resolve());
  await project(reserved('open'), reserved('done'), consumed('done'));
  expect(await found('open', 'done', 'unheard of')).toEqual(['done']);
  expect((await index.find('o', ['done'])).get('done')).toMatchObject({
    status: 'consumed',
    consumed: 3,
    revision: 1,
    endRevision: 2,
  });
  expect([...(await index.find('another', ['done'])).keys()]).toEqual([]);
});

test('reports how far it has an organization, and -1 for one that it has not seen', async () => {
  await project(reserved('a'), consumed('a'));
  expect([revisions.of('o'), revisions.of('another')]).toEqual([1, -1]);
});

test('answers only once it has all that was stored before', async () => {
  let reachEnd = () => {};
  index.start(new Promise<void>((resolve) => (reachEnd = resolve)));
  const answer = found('a');
  await project(reserved('a'), consumed('a'));
  reachEnd();
  expect(await answer).toEqual(['a']);
});

test('refuses a lookup before it is open, so that a missing row is not taken for an unsettled job', () =>
  expect(found('a')).rejects.toBeInstanceOf(StoreUnavailable));

test('its filter has the jobs settled before and after the start, and avoids a read for all others', async () => {
  await project(reserved('old'), consumed('old'));
  index = new SettledJobs(views, revisions);
  index.start(Promise.resolve());
  await project(reserved('new'), consumed('new'));
  await new Promise(setImmediate); // the filter is filled beside the work
  let reads = 0;
  const get = views.get.bind(views);
  views.get = (...args) => ((reads += 1), get(...args));
  expect(await found('old', 'new', 'x', 'y')).toEqual(['old', 'new']);
  expect(index.find('o', ['x', 'y'])).not.toBeInstanceOf(Promise);
  expect(reads).toBe(1);
});

test('a job that the state holds is not looked up', () => {
  const ledger = initialLedger();
  ledger.early.set('early', [{ outcome: { kind: 'completed' }, at }]);
  expect([isKnown(ledger, 'early'), isKnown(ledger, 'other')]).toEqual([true, false]);
});
