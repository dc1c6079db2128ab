import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LEDGER_RECORDS, type EventType, type LedgerEvent } from '@tallystick/domain/ledger';
import { Unreadable, type Anchor, type Instant } from '@tallystick/domain/kernel';
import { EventStore, LOG_START, RecordStore } from '@tallystick/eventing';
import {
  CONFIGURATION,
  isQuarantined,
  LeaderTask,
  LogService,
  RecordCollection,
  streamPrefixOf,
} from '@tallystick/hosting';
import { Clock, pause, SystemClock } from '@tallystick/runtime';
import { COLLECTIONS } from '../collections';
import { BillingService, type UntimedCommand } from '../billing.service';
import { NumberPrefixes } from '../records/number-prefixes';
import type { BillingSettings } from '../settings';
import { Subscriptions } from '../streams/subscriptions';

const CREDITS_PREFIX = streamPrefixOf('credits');
const RECORD = 'credits';
const PAGE = 2_000;
/** The events that say what an organization had before there was billing. */
const TERMS: ReadonlySet<string> = new Set<EventType>(['OrganizationOpened', 'PlanSet', 'OverageSet']);
const CLOSES: ReadonlySet<string> = new Set<EventType>(['PeriodClosed']);
const MINUTE = 60_000;
const RETRY = { firstMilliseconds: 1_000, maxMilliseconds: MINUTE };

/** How far the streams of the ledger were read. */
interface CreditsProgress {
  /** The name of the log. */
  readonly log: string;
  readonly position: number;
  /** Absent on a log that had no organizations at the first start: all usage is billed. */
  readonly billingFrom?: Instant;
}

/** Plan and overage of an organization before there was billing. */
interface FormerTerms {
  readonly currency: string;
  plan?: { readonly id: string; readonly anchor: Instant; readonly period: Anchor['length'] };
  overage: 'none' | 'auto' | 'pay-as-you-go';
}

/**
 * Reads the closes of billing periods from the streams of the ledger: at the start of the process, and then from time to time in one
 * process. The topic keeps its messages for some days only, so a close is not lost with a message. At the first start, plans and
 * overage of existing organizations are adopted.
 */
@Injectable()
export class CreditsCatchUp implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(CreditsCatchUp.name);
  private readonly progress: RecordCollection<CreditsProgress>;
  private readonly task: LeaderTask;

  constructor(
    private readonly store: EventStore,
    records: RecordStore,
    systemClock: SystemClock,
    private readonly streamLog: LogService,
    private readonly billing: BillingService,
    private readonly subscriptions: Subscriptions,
    private readonly prefixes: NumberPrefixes,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly settings: BillingSettings,
  ) {
    this.progress = new RecordCollection(records, COLLECTIONS['first-start'], systemClock);
    this.task = new LeaderTask(subscriptions.projections.projector.leadership, (signal) => this.repeat(signal), {
      ...RETRY,
      failed: (error, isRepeated) => {
        if (!isRepeated) this.log.warn(error, 'The closes of billing periods could not be read; it is tried again.');
      },
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.catchUp();
    this.task.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  private async repeat(signal: AbortSignal): Promise<void> {
    await pause(this.settings.catchUpMinutes * MINUTE, signal);
    if (!signal.aborted) await this.catchUp(signal);
  }

  private async catchUp(signal?: AbortSignal): Promise<void> {
    const known = await this.known();
    const former = new Map<string, FormerTerms>();
    if (known === undefined)
      await this.readOn(LOG_START, TERMS, async (id, event) => noteTerms(former, id, event), signal);
    const start = known ?? { log: this.streamLog.name, ...this.firstStart(former.size > 0) };
    this.billing.billingFrom = start.billingFrom;
    for (const [organizationId, terms] of former) await this.adopt(organizationId, terms);
    if (known === undefined) await this.prefixes.rebuild();
    const position = await this.readOn(
      known?.position ?? LOG_START,
      CLOSES,
      (...read) => this.takeClose(...read),
      signal,
    );
    await this.progress.put([{ key: RECORD, value: { ...start, position } }]);
  }

  /** Returns the position of the end of the log, or that at which the signal aborted. */
  private async readOn(
    after: number,
    types: ReadonlySet<string>,
    take: (organizationId: string, event: LedgerEvent, revision: number) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<number> {
    for (let position = after; ;) {
      const page = await this.store.readLog(position, PAGE, CREDITS_PREFIX);
      for (const recorded of page.events) {
        // (most events are movements, which are not decoded)
        const event = types.has(recorded.type) ? LEDGER_RECORDS.decode(recorded) : undefined;
        if (event === undefined || event instanceof Unreadable) continue;
        await take(recorded.stream.slice(CREDITS_PREFIX.length), event, recorded.revision);
      }
      if (page.position === position || signal?.aborted === true) return page.position;
      position = page.position;
    }
  }

  /** Undefined at the first start on this log. */
  private async known(): Promise<CreditsProgress | undefined> {
    const known = await this.progress.find(RECORD);
    return known && this.streamLog.names.includes(known.log) ? known : undefined;
  }

  private firstStart(hasOrganizations: boolean): { readonly billingFrom?: Instant } {
    return hasOrganizations ? { billingFrom: this.settings.billingFrom ?? this.clock.instant() } : {};
  }

  /** Closes that were taken before change nothing. */
  private async takeClose(organizationId: string, event: LedgerEvent, revision: number): Promise<void> {
    if (event.type !== 'PeriodClosed' || !(await this.billing.isOpen(organizationId))) return;
    const { start, end } = event.data;
    await this.execute(organizationId, { type: 'ClosePeriod', start, end, revision });
  }

  private async adopt(organizationId: string, { currency, plan, overage }: FormerTerms): Promise<void> {
    if (plan === undefined && overage === 'none') return;
    // A stream with a second event is older than this start: the records were lost.
    const { revision } = await this.subscriptions.read(organizationId, () => undefined);
    if (revision > 0) return;
    await this.billing.open(organizationId, currency);
    await this.execute(organizationId, { type: 'AdoptLegacy', ...(plan && { plan }), overage });
  }

  /** An organization that is stopped holds no other one up. */
  private async execute(organizationId: string, command: UntimedCommand): Promise<void> {
    try {
      const now = this.clock.instant();
      const { answer } = await this.subscriptions.execute(organizationId, { ...command, now });
      if (answer.kind !== 'refused') return;
      const { code, message } = answer.refusal;
      this.log.warn({ organizationId, command: command.type, code, reason: message }, 'A command is refused.');
    } catch (error) {
      if (!isQuarantined(error)) throw error;
      this.log.error(error, `${organizationId} is stopped; what its stream of credits has is not taken.`);
    }
  }
}

function noteTerms(former: Map<string, FormerTerms>, organizationId: string, event: LedgerEvent): void {
  const terms = former.get(organizationId);
  if (event.type === 'OrganizationOpened')
    former.set(organizationId, { currency: event.data.currency, overage: 'none' });
  else if (terms === undefined) return;
  else if (event.type === 'OverageSet') terms.overage = event.data.overage;
  else if (event.type === 'PlanSet') {
    const { plan: id, anchor = event.metadata.recordedAt, periodDays, invoiceLineId } = event.data;
    // (billing has set it)
    if (invoiceLineId !== undefined) return;
    terms.plan =
      id === undefined ? undefined : { id, anchor, period: periodDays === undefined ? 'month' : { days: periodDays } };
  }
}
