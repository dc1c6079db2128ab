import { Inject, Injectable, Logger } from '@nestjs/common';
import { LIMITS, Problem, type Limits, type ViewLag } from '@tallystick/contracts/http';
import {
  BALANCES,
  LEDGER_RECORDS,
  LEDGER_VIEWS,
  organizationOf,
  STREAM_PREFIX,
  type LedgerEvent,
  type LedgerStreamEvent,
} from '@tallystick/domain/ledger';
import {
  Admission,
  EventStore,
  HoldRegistry,
  LOG_START,
  Projector,
  RecordStore,
  StoreUnavailable,
  ViewStore,
  type Hold,
  type ViewProgress,
} from '@tallystick/eventing';
import { LedgerService } from '@tallystick/services/credit-ledger';
import { LogService } from '../log/log.service';
import { toStreamEvent } from '@tallystick/services/credit-ledger';
import { SettledJobs } from '@tallystick/services/credit-ledger';
import { passedOver } from '../telemetry';
import { isPassing } from '@tallystick/services/credit-ledger';

/** How far the views were when a read stopped waiting for them, and what it waited for. */
export type Behind = ViewLag;

interface Waiter {
  readonly has: () => boolean;
  readonly wake: () => void;
}

/** The views of the ledger, kept up to date from the log. */
@Injectable()
export class Projections {
  private readonly log = new Logger(Projections.name);
  private readonly waiters = new Set<Waiter>();
  readonly projector: Projector<LedgerStreamEvent, LedgerEvent>;
  private readonly served: Admission<LedgerEvent>;

  constructor(
    store: EventStore,
    records: RecordStore,
    private readonly views: ViewStore,
    private readonly settledJobs: SettledJobs,
    private readonly ledger: LedgerService,
    private readonly identity: LogService,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {
    this.served = new Admission({
      store,
      ...LEDGER_RECORDS,
      registry: new HoldRegistry(records, 'views', () => identity.name),
      onHeld: (hold) => this.held(hold),
      onRestored: (holds) => holds.forEach((hold) => this.look(hold)),
      onResumed: ({ stream, revision }) => this.log.log('A stream that was held goes on.', { stream, revision }),
      onSkipped: ({ kind }) => passedOver.inc({ stream: kind }),
    });
    this.projector = new Projector({
      store,
      viewStore: views,
      views: LEDGER_VIEWS,
      prefix: STREAM_PREFIX,
      admission: (of) => (of === 'served' ? this.served : new Admission({ store, ...LEDGER_RECORDS })),
      log: () => this.identity.name,
      isPaused: () => this.identity.fault !== undefined,
      toStreamEvent,
      onProjected: (batch) => this.projected(batch),
      onFailed: (error) => this.failed(error),
    });
    identity.hold = () => this.projector.releaseLease();
    identity.readUpTo = () => Math.max(...this.progress().map(({ checkpoint }) => checkpoint));
  }

  private lastFailure: string | undefined;

  /** Whether the views have had what was stored before the start. */
  isCaughtUp = false;

  async start(): Promise<void> {
    await this.projector.start();
    this.settledJobs.begin(this.projector.caughtUp);
    void this.projector.caughtUp.then(() => (this.isCaughtUp = true));
  }

  /** Streams that the views pass over, from the record on that stopped them: those of other programs among them. */
  get holds(): readonly Hold[] {
    return this.served.holds;
  }

  private held(hold: Hold): void {
    const { stream, revision, eventId, type, reason } = hold;
    const where = { stream, revision, eventId, type, reason };
    if (hold.kind === 'not-ours') this.log.warn('A stream belongs to another program; it is passed over.', where);
    else this.log.error('A record cannot be folded. Views and publishing pass over this stream alone.', where);
    this.look(hold);
  }

  /** Whether commands of the organization are stopped too is for its stream to say, which may have the acceptance by now. */
  private look({ kind, stream }: Hold): void {
    if (kind !== 'not-ours') void this.projector.caughtUp.then(() => this.ledger.look(organizationOf(stream)));
  }

  progress(): ViewProgress[] {
    return this.projector.progress();
  }

  /**
   * A read after a write: waits until the views have the organization's stream up to `latest`, the end that the caller has just
   * learned of it (undefined where it could not). Undefined once they do, at once where nothing is pending; after
   * `readWaitMilliseconds`, how far they are.
   */
  async behind(organizationId: string, latest: number | undefined): Promise<Behind | undefined> {
    if (latest === undefined) return { revision: await this.revisionOf(organizationId), latest: null };
    const has = () => this.settledJobs.indexedRevision(organizationId) >= latest;
    const look = async () => (await this.revisionOf(organizationId)) >= latest;
    if (latest < 0 || (this.isCaughtUp && has()) || (await this.reached(has, look))) return undefined;
    return { revision: await this.revisionOf(organizationId), latest };
  }

  /** The same for reads over all organizations: until the views have the log up to its end of now. Positions in place of revisions. */
  async behindLog(): Promise<Behind | undefined> {
    const latest = await this.endOfLog();
    if (latest === undefined) return { revision: this.projector.position, latest: null };
    const has = () => this.projector.position >= latest;
    if (has() || (await this.reached(has, async () => has()))) return undefined;
    return { revision: this.projector.position, latest };
  }

  /** The revision up to which every view surely has the organization's stream; -1 while one is built anew. */
  viewedUpTo(organizationId: string): Promise<number> {
    return this.isCaughtUp ? this.revisionOf(organizationId) : Promise.resolve(-1);
  }

  /** Resolves when the views have the organization's stream up to `revision`; a Problem when that takes too long. */
  async caughtUp(organizationId: string, revision: number): Promise<void> {
    const behind = await this.behind(organizationId, revision);
    if (!behind) return;
    const has = behind.revision < 0 ? 'nothing yet' : behind.revision;
    const detail = `The views do not have revision ${revision} yet; they have ${has}. Try again in a moment, or ask for a lower revision.`;
    throw new Problem(503, 'view_behind', detail, { retryAfter: 1 });
  }

  private endOfLog(): Promise<number | undefined> {
    return this.identity
      .end()
      .then((end) => end?.position ?? LOG_START)
      .catch((error: unknown) => {
        if (isPassing(error)) return undefined;
        throw error;
      });
  }

  private async revisionOf(organizationId: string): Promise<number> {
    const [row] = await this.views.get(BALANCES, [[organizationId]]);
    return (row?.revision as number | undefined) ?? -1;
  }

  /** `look` asks the views themselves, once: of what was stored before this process started nobody reports it. False in time. */
  private reached(has: () => boolean, look: () => Promise<boolean>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        settle();
      };
      const wake = () => done(() => resolve(true));
      const waiter: Waiter = { has, wake };
      const timer = setTimeout(done, this.limits.readWaitMilliseconds, () => resolve(false)).unref();
      this.waiters.add(waiter);
      // Until then a view that is built anew may be behind the one that is looked at.
      void this.projector.caughtUp
        .then(async () => this.waiters.has(waiter) && (has() || (await look())) && wake())
        .catch((error: unknown) => done(() => reject(error as Error)));
    });
  }

  /** An outage is many attempts for one reason. */
  private failed(error: unknown): void {
    const { message } = error as Error;
    if (message === this.lastFailure) return;
    this.lastFailure = message;
    const said = 'The views could not take a batch; it is tried again.';
    if (error instanceof StoreUnavailable) this.log.warn({ reason: message }, said);
    else this.log.error(error, said);
  }

  private projected(batch: readonly LedgerStreamEvent[]): void {
    this.lastFailure = undefined;
    this.settledJobs.onProjected(batch);
    if (!this.isCaughtUp) return;
    for (const waiter of this.waiters) if (waiter.has()) waiter.wake();
  }
}
