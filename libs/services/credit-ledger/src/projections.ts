import { Inject, Injectable, Logger } from '@nestjs/common';
import { LIMITS, Problem, type Limits } from '@tallystick/contracts';
import {
  BALANCES,
  LEDGER_RECORDS,
  LEDGER_VIEWS,
  organizationOf,
  STREAM_PREFIX,
  type LedgerEvent,
  type Placed,
} from '@tallystick/domain/ledger';
import {
  Admission,
  EventStore,
  HoldRegistry,
  Projector,
  RecordStore,
  StoreUnavailable,
  ViewStore,
  type Hold,
  type View,
  type ViewProgress,
} from '@tallystick/eventing';
import { LedgerService } from './ledger.service';
import { LogService } from './log.service';
import { placeOf } from './placed';
import { SettledJobs } from './settled-jobs';
import { passedOver } from './telemetry';

interface Waiter {
  readonly organizationId: string;
  readonly revision: number;
  readonly wake: () => void;
}

/** The views of the ledger, kept up to date from the log. */
@Injectable()
export class Projections {
  private readonly log = new Logger(Projections.name);
  private readonly waiters = new Set<Waiter>();
  readonly projector: Projector<Placed, LedgerEvent>;
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
      held: (hold) => this.held(hold),
      restored: (holds) => holds.forEach((hold) => this.look(hold)),
      ended: ({ stream, revision }) => this.log.log('A stream that was held goes on.', { stream, revision }),
      passedOver: ({ kind }) => passedOver.inc({ stream: kind }),
    });
    this.projector = new Projector({
      store,
      viewStore: views,
      views: LEDGER_VIEWS as unknown as readonly View<Placed>[],
      prefix: STREAM_PREFIX,
      admission: (of) => (of === 'served' ? this.served : new Admission({ store, ...LEDGER_RECORDS })),
      log: () => this.identity.name,
      isHeld: () => this.identity.fault !== undefined,
      place: placeOf,
      projected: (batch) => this.projected(batch),
      failed: (error) => this.failed(error),
    });
    identity.hold = () => this.projector.hold();
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
    if (hold.kind === 'not-ours')
      this.log.warn('A stream belongs to another program; it is passed over.', where);
    else
      this.log.error('A record cannot be folded. Views and publishing pass over this stream alone.', where);
    this.look(hold);
  }

  /** Whether commands of the organization are stopped too is for its stream to say, which may have the acceptance by now. */
  private look({ kind, stream }: Hold): void {
    if (kind !== 'not-ours')
      void this.projector.caughtUp.then(() => this.ledger.look(organizationOf(stream)));
  }

  progress(): ViewProgress[] {
    return this.projector.progress();
  }

  /** Resolves when the views have the organization's stream up to `revision`; a Problem when that takes too long. */
  async caughtUp(organizationId: string, revision: number): Promise<void> {
    if (this.settledJobs.indexedRevision(organizationId) >= revision) return;
    const waiting = new Promise<boolean>((resolve) =>
      this.wait({ organizationId, revision, wake: () => resolve(true) }, resolve),
    );
    const [row] = await this.views.get(BALANCES, [[organizationId]]);
    if (((row?.revision as number | undefined) ?? -1) >= revision || (await waiting)) return;
    const has = (row?.revision as number | undefined) ?? 'nothing yet';
    const detail = `The views do not have revision ${revision} yet; they have ${has}. Try again in a moment, or ask for a lower revision.`;
    throw new Problem(503, 'view_behind', detail, { retryAfter: 1 });
  }

  private wait(waiter: Waiter, resolve: (reached: boolean) => void): void {
    this.waiters.add(waiter);
    setTimeout(() => {
      this.waiters.delete(waiter);
      resolve(false);
    }, this.limits.readWaitMilliseconds).unref();
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

  private projected(batch: readonly Placed[]): void {
    this.lastFailure = undefined;
    this.settledJobs.saw(batch);
    for (const waiter of this.waiters)
      if (this.settledJobs.indexedRevision(waiter.organizationId) >= waiter.revision) {
        this.waiters.delete(waiter);
        waiter.wake();
      }
  }
}
