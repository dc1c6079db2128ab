import { Inject, Injectable, Logger } from '@nestjs/common';
import { POLICY } from '@tallystick/contracts/http';
import { Clock } from '@tallystick/runtime';
import { instantOf, DAY } from '@tallystick/domain/kernel';
import { BALANCES, JOBS, type Command, type Policy } from '@tallystick/domain/ledger';
import { ViewStore, type Table, type Where } from '@tallystick/eventing';
import { LedgerService } from '@tallystick/services/credit-ledger';
import { Projections } from '../projections/projections';
import { duesApplied } from '../telemetry';

const EVERY_MILLISECONDS = 1_000;
const WINDOW_EVERY_MILLISECONDS = 3_600_000;
const AT_ONCE = 500;

/** Tells organizations the time when the views say that something of theirs has fallen due. A late tick changes no outcome. */
@Injectable()
export class Scheduler {
  private readonly log = new Logger(Scheduler.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private windowsLookedAt = 0;

  constructor(
    private readonly views: ViewStore,
    private readonly ledger: LedgerService,
    private readonly projections: Projections,
    @Inject(POLICY) private readonly policy: Policy,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      // Of several processes one is enough.
      this.round = this.look()
        .catch((error: unknown) => this.log.warn(error, 'What is due could not be applied; it is tried again.'))
        .finally(() => this.timer && this.start());
    }, EVERY_MILLISECONDS);
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.round;
  }

  private async look(): Promise<void> {
    // (a reading that is refused is a Problem, logged by the clock itself)
    const now = nowOf(this.clock);
    if (now !== undefined && this.projections.projector.leadership.isLeader) await this.tick(now);
  }

  /** One look at everything that is due at `now`, epoch milliseconds. */
  async tick(now: number): Promise<void> {
    const due = { dueAt: { upTo: instantOf(now) } };
    await this.tell(JOBS, due, { type: 'Tick', now: instantOf(now) }, 'time-out');
    await this.tell(BALANCES, due, { type: 'Tick', now: instantOf(now) }, 'expiry');
    if (now - this.windowsLookedAt < WINDOW_EVERY_MILLISECONDS) return;
    this.windowsLookedAt = now;
    // A day of slack, so that an organization's window is closed once a day and not with every job that leaves it.
    const ended = { endedAt: { before: instantOf(now - (this.policy.jobWindowDays + 1) * DAY) } };
    await this.tell(JOBS, ended, { type: 'CloseJobWindow', now: instantOf(now) }, 'window');
  }

  /** Page by page over the organizations; one that is stopped or slow holds up no other. */
  private async tell(table: Table, where: Where, command: Command, why: string): Promise<void> {
    for (let after = ''; ;) {
      const rows = await this.views.find(table, {
        where: { ...where, organizationId: { after } },
        columns: ['organizationId'],
        distinct: true,
        order: ['organizationId'],
        limit: AT_ONCE,
      });
      const ids = rows.map(({ organizationId }) => organizationId as string);
      const told = await Promise.allSettled(ids.map((id) => this.ledger.execute(id, command)));
      duesApplied.inc({ why }, told.filter(({ status }) => status === 'fulfilled').length);
      if (ids.length < AT_ONCE) return;
      after = ids[ids.length - 1]!;
    }
  }
}

function nowOf(clock: Clock): number | undefined {
  try {
    return clock.now();
  } catch {
    return undefined;
  }
}
