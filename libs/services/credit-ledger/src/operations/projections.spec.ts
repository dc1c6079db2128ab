import { BALANCES, DEFAULT_POLICY, encode, streamOf, type LedgerEvent } from '@tallystick/domain/ledger';
import { StoreUnavailable, type Lease } from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { ProjectedRevisions, Projections, Stream, type CommandService, type StreamLog } from '@tallystick/hosting';
import { SharedStores } from '../../support/ledger-process';
import { creditsStream } from '../commands/credits-stream';
import { SettledJobs } from '../commands/settled-jobs';
import type { LedgerSettings } from '../settings';

const at = '2026-11-30T09:30:00.000Z';
const OPENED: LedgerEvent = {
  type: 'OrganizationOpened',
  data: { currency: 'USD' },
  metadata: { schemaVersion: 1, occurredAt: at, recordedAt: at },
};
const grant = (grantId: string): LedgerEvent => ({
  ...OPENED,
  type: 'CreditsGranted',
  data: { grantId, kind: 'top-up', credits: 1, reason: 'test' },
});

/** Commits wait while `gate` is shut. */
class Gated extends InMemoryViewStore {
  gate: Promise<void> = Promise.resolve();
  private opening: () => void = () => undefined;
  shut(): void {
    this.gate = new Promise((resolve) => (this.opening = resolve));
  }
  openGate(): void {
    this.opening();
  }
  private leader: AbortSignal | undefined;

  /** The first caller is the leader and writes; the others follow. */
  override async acquireLease(
    ...[, { signal }]: Parameters<InMemoryViewStore['acquireLease']>
  ): Promise<Lease | undefined> {
    if (this.leader !== undefined && this.leader !== signal) return undefined;
    this.leader = signal;
    return { ended: signal, release: async () => undefined };
  }
  override async waitForCommit(...given: Parameters<InMemoryViewStore['waitForCommit']>): Promise<number> {
    await new Promise(setImmediate);
    return super.waitForCommit(...given);
  }
  override async commit(...given: Parameters<InMemoryViewStore['commit']>): Promise<void> {
    await this.gate;
    return super.commit(...given);
  }
}

let store: InMemoryEventStore;
let views: Gated;
const running: Projections[] = [];
beforeEach(() => {
  [store, views] = [new InMemoryEventStore(), new Gated()];
});
afterEach(async () => {
  views.openGate();
  for (const { projector } of running.splice(0)) await projector.stop();
});

let ids = 0;
const append = async (...events: LedgerEvent[]) => {
  const stream = streamOf('acme');
  const stored = events.map((event) => ({ id: `e${(ids += 1)}`, ...encode(event) }));
  return store.append(stream, store.head(stream), stored);
};
const start = async (readWaitMilliseconds: number) => {
  const end = () => store.last('credits-');
  const identity = { name: 'log', fault: undefined, end } as unknown as StreamLog;
  const commands = { check: () => undefined } as unknown as CommandService;
  const limits = { readWaitMilliseconds } as LedgerSettings;
  const records = new InMemoryRecordStore();
  const revisions = new ProjectedRevisions();
  const policy = { ...DEFAULT_POLICY, catalog: new SharedStores().catalog };
  const stream = Stream.of(
    creditsStream(policy, { snapshotEvery: 1_000 } as LedgerSettings, new SettledJobs(views, revisions)),
  );
  const projections = new Projections(stream, store, records, views, revisions, commands, identity, limits);
  running.push(projections);
  await projections.start();
  return { projections, identity };
};
const LONG = 60_000;

test('a read waits for the batch that has the write, and no longer', async () => {
  await append(OPENED);
  const { projections } = await start(LONG);
  expect(await projections.behind('acme', 0)).toBeUndefined();
  views.shut();
  const revision = await append(grant('a'), grant('b'));
  const waiting = projections.behind('acme', revision);
  const log = projections.behindLog();
  const isThere = await Promise.race([waiting, log, new Promise((resolve) => setImmediate(resolve, 'waits'))]);
  expect(isThere).toBe('waits');
  views.openGate();
  expect(await Promise.all([waiting, log])).toEqual([undefined, undefined]);
});

test('a process that does not write the views itself has every write in them, in 30 of 30 reads', async () => {
  await append(OPENED);
  const leading = (await start(LONG)).projections;
  await leading.behind('acme', 0);
  const following = (await start(LONG)).projections;
  const seen: unknown[] = [];
  for (let at = 0; at < 30; at++) {
    const latest = await append(grant(`g${at}`));
    expect(await following.behind('acme', latest)).toBeUndefined();
    const [row] = await views.get(BALANCES, [['acme']]);
    seen.push(row?.revision);
  }
  expect([leading.projector.leadership.isLeader, following.projector.leadership.isLeader]).toEqual([true, false]);
  expect(seen).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
});

test('what was stored before the start is known from the view itself, and an unknown organization is not waited for', async () => {
  const revision = await append(OPENED, grant('a'));
  await (
    await start(LONG)
  ).projections.projector.caughtUp;
  const { projections } = await start(LONG);
  expect(await projections.behind('acme', revision)).toBeUndefined();
  expect(await projections.behind('nothing', -1)).toBeUndefined();
});

test('after its time limit, the answer reports how far the views are', async () => {
  await append(OPENED);
  const { projections } = await start(50);
  expect(await projections.behind('acme', 0)).toBeUndefined();
  views.shut();
  const latest = await append(grant('a'));
  expect(await projections.behind('acme', latest)).toEqual({ revision: 0, latest });
  expect(await projections.behindLog()).toEqual({ revision: 0, latest: expect.any(Number) });
  await expect(projections.caughtUp('acme', latest)).rejects.toMatchObject({ status: 503, code: 'view_behind' });
});

test('where the end of stream or log cannot be read, the views answer and report it', async () => {
  await append(OPENED);
  const { projections, identity } = await start(LONG);
  await projections.behind('acme', 0);
  expect(await projections.behind('acme', undefined)).toEqual({ revision: 0, latest: null });
  Object.assign(identity, { end: () => Promise.reject(new StoreUnavailable('away')) });
  expect(await projections.behindLog()).toMatchObject({ latest: null });
});
