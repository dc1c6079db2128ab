import { Inject, Injectable, Logger } from '@nestjs/common';
import { LIMITS, Problem, type Limits } from '@tallystick/contracts';
import {
  BALANCES,
  decode,
  LEDGER_VIEWS,
  organizationOf,
  STREAM_PREFIX,
  type Placed,
} from '@tallystick/domain/ledger';
import {
  EventStore,
  Projector,
  ViewStore,
  type RecordedEvent,
  type View,
  type ViewProgress,
} from '@tallystick/eventing';
import { LogService } from './log.service';
import { SettledJobs } from './settled-jobs';

export const placeOf = (recorded: RecordedEvent): Placed => ({
  organizationId: organizationOf(recorded.stream),
  revision: recorded.revision,
  event: decode(recorded),
});

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
  readonly projector: Projector<Placed>;

  constructor(
    store: EventStore,
    private readonly views: ViewStore,
    private readonly settledJobs: SettledJobs,
    private readonly identity: LogService,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {
    this.projector = new Projector({
      store,
      viewStore: views,
      views: LEDGER_VIEWS as unknown as readonly View<Placed>[],
      prefix: STREAM_PREFIX,
      log: () => this.identity.name,
      isHeld: () => this.identity.fault !== undefined,
      place: placeOf,
      projected: (batch) => this.projected(batch),
      failed: (error) => this.log.error(error, 'The views could not take a batch; it is tried again.'),
    });
    identity.hold = () => this.projector.hold();
    identity.readUpTo = () => Math.max(...this.progress().map(({ checkpoint }) => checkpoint));
  }

  /** Whether the views have had what was stored before the start. */
  isCaughtUp = false;

  async start(): Promise<void> {
    await this.projector.start();
    this.settledJobs.begin(this.projector.caughtUp);
    void this.projector.caughtUp.then(() => (this.isCaughtUp = true));
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

  private projected(batch: readonly Placed[]): void {
    this.settledJobs.saw(batch);
    for (const waiter of this.waiters)
      if (this.settledJobs.indexedRevision(waiter.organizationId) >= waiter.revision) {
        this.waiters.delete(waiter);
        waiter.wake();
      }
  }
}
