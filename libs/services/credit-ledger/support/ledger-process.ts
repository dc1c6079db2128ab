import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { Clock, systemClock } from '@tallystick/runtime';
import { parseCatalog, type Catalog } from '@tallystick/domain/catalog';
import { DEFAULT_POLICY, JOBS, type Answer, type Command, type Ledger } from '@tallystick/domain/ledger';
import { type ReceivedMessage } from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import {
  CommandService,
  DeadLetters,
  ParkingService,
  ProjectedRevisions,
  Quarantine,
  Stream,
  type StreamLog,
} from '@tallystick/hosting';
import { creditsStream } from '../src/commands/credits-stream';
import { LedgerService } from '../src/commands/ledger.service';
import { LifecycleConsumer } from '../src/lifecycle/lifecycle.consumer';
import { LifecycleService } from '../src/lifecycle/lifecycle.service';
import { RefusalsService } from '../src/commands/refusals.service';
import { SettledJobs } from '../src/commands/settled-jobs';
import { BusInMemory } from './bus-in-memory';
import type { LedgerSettings } from '../src/settings';

const parsed = parseCatalog(readFileSync(join(__dirname, '../../../../catalogs/leapocr.yaml'), 'utf8'), 'leapocr.yaml');
if (!parsed.ok) throw new Error('the catalog is wrong');
const { catalog } = parsed;
const limits = {
  maxAheadSeconds: 600,
  pageSize: 50,
  maxPageSize: 1_000,
  snapshotEvery: 1_000,
  cachedOrganizations: 100,
  sealEventsPerSecond: 1_000_000,
  readWaitMilliseconds: 1_000,
  patienceMilliseconds: 4_500,
  maxViewLagSeconds: 30,
} as LedgerSettings;

class SystemTime extends Clock {
  override now = (): number => Date.now();
  override startAfter(): void {}
}
const CLOCK = new SystemTime();

/** The stores that the processes of one ledger share. */
export class SharedStores {
  readonly store = new InMemoryEventStore();
  readonly records = new InMemoryRecordStore();
  readonly bus = new BusInMemory();
  /** While it is set, rating this operation throws. */
  faulty: string | undefined;

  readonly catalog: Catalog = {
    ...catalog,
    operations: Object.assign(new Map(catalog.operations), {
      get: (id: string) => {
        if (id === this.faulty) throw new TypeError(`a bug in ${id}`);
        return catalog.operations.get(id);
      },
    }),
  };
}

/** One process that consumes and decides. */
export async function ledgerProcess(shared = new SharedStores()) {
  const { store, records, bus } = shared;
  const views = new InMemoryViewStore();
  await views.open([JOBS]);
  const revisions = new ProjectedRevisions();
  const settledJobs = new SettledJobs(views, revisions);
  settledJobs.start(Promise.resolve());
  const policy = { ...DEFAULT_POLICY, catalog: shared.catalog };
  const stream = Stream.of(creditsStream(policy, limits, settledJobs));
  const quarantine = new Quarantine(stream, records, systemClock);
  const checks = new Map<string, () => unknown>();
  const readiness = { add: (name: string, check: () => unknown) => void checks.set(name, check) };
  const log = { assertWhole: () => undefined } as StreamLog;
  const commands = new CommandService(stream, store, limits, quarantine, log, readiness);
  const ledger = new LedgerService(commands as unknown as CommandService<Ledger, Command, Answer>);
  const refusals = new RefusalsService(records, CLOCK);
  const lifecycle = new LifecycleService(ledger, refusals, records, bus, limits, CLOCK);
  const collection = stream.collections['handled-dead-letters'];
  const letters = new DeadLetters({ topic: JOBS_LIFECYCLE, bus, records, collection, clock: systemClock });
  const parking = new ParkingService(stream, commands, quarantine, bus, letters);
  const heartbeats = { count: 0 };
  const heartbeat = async () => void (heartbeats.count += 1);
  const own = new LifecycleConsumer(lifecycle, parking);
  const context = { topic: JOBS_LIFECYCLE, partition: 0, heartbeat, signal: new AbortController().signal };
  const consumer = { take: (batch: readonly ReceivedMessage[]) => own.take(batch, context) };
  return { store, records, bus, ledger, letters, parking, consumer, checks, heartbeats };
}

type Process = Awaited<ReturnType<typeof ledgerProcess>>;

export async function organizationWith({ ledger }: Process, organizationId: string, credits: number) {
  const now = new Date().toISOString();
  await ledger.execute(organizationId, { type: 'OpenOrganization', currency: 'USD', now });
  const grant = { grantId: 'g', kind: 'top-up', credits, reason: 'test' } as const;
  await ledger.execute(organizationId, { type: 'GrantCredits', ...grant, now });
}

export async function balanceOf({ ledger }: Process, organizationId = 'org') {
  const { value } = await ledger.read(organizationId, ({ balance: { available, reserved, consumed } }) => ({
    available,
    reserved,
    consumed,
  }));
  return value;
}
