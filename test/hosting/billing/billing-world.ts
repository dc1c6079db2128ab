import { BILLING_EVENTS, PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import { CREDITS_EVENTS, type LedgerClient } from '@tallystick/contracts/ledger';
import { CatalogVersions } from '@tallystick/catalog';
import type { BillingPolicy } from '@tallystick/domain/billing';
import { DEFAULT_POLICY, type Answer, type Command, type Ledger } from '@tallystick/domain/ledger';
import { Bus, LOG_START, type Message, type ReceivedMessage } from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import {
  CommandService,
  ParkingService,
  ProjectedRevisions,
  Quarantine,
  Stream,
  type LogService,
  type Projections,
  type StreamLog,
  type VerificationService,
} from '@tallystick/hosting';
import { Clock, systemClock } from '@tallystick/runtime';
import { catalogOf, MONTHLY } from '../../../libs/domain/billing/support/catalogs';
import { BillingService } from '../../../libs/services/billing/src/billing.service';
import { BillingMessages } from '../../../libs/services/billing/src/consumers/billing-messages.service';
import { CreditsCatchUp } from '../../../libs/services/billing/src/consumers/credits-catch-up';
import { EffectRunner } from '../../../libs/services/billing/src/effects/effect-runner';
import { InvoiceEffects } from '../../../libs/services/billing/src/effects/invoice-effects';
import { LedgerEffects } from '../../../libs/services/billing/src/effects/ledger-effects';
import { BillingDetailsRecords } from '../../../libs/services/billing/src/records/billing-details-records';
import { InvoicePartiesRecords } from '../../../libs/services/billing/src/records/invoice-parties';
import { InvoicePrefixes } from '../../../libs/services/billing/src/records/invoice-prefixes';
import { NumberPrefixes } from '../../../libs/services/billing/src/records/number-prefixes';
import type { BillingSettings } from '../../../libs/services/billing/src/settings';
import { InvoiceDocuments } from '../../../libs/services/billing/src/streams/invoice-documents';
import { invoiceStream } from '../../../libs/services/billing/src/streams/invoice-stream';
import { subscriptionStream } from '../../../libs/services/billing/src/streams/subscription-stream';
import { Subscriptions } from '../../../libs/services/billing/src/streams/subscriptions';
import { AdministrationService } from '../../../libs/services/credit-ledger/src/commands/administration.service';
import { creditsStream } from '../../../libs/services/credit-ledger/src/commands/credits-stream';
import { LedgerService } from '../../../libs/services/credit-ledger/src/commands/ledger.service';
import { PlanCallsService } from '../../../libs/services/credit-ledger/src/commands/plan-calls.service';
import { SettledJobs } from '../../../libs/services/credit-ledger/src/commands/settled-jobs';
import type { LedgerSettings } from '../../../libs/services/credit-ledger/src/settings';
import { ChargesConsumer } from '../../../libs/services/scripted-payments/src/charges.consumer';
import { ScriptedProvider } from '../../../libs/services/scripted-payments/src/scripted-provider';
import { CrashPoint } from './crash-point';

const limits = {
  snapshotEvery: 1_000,
  cachedOrganizations: 100,
  patienceMilliseconds: 4_500,
  readWaitMilliseconds: 1_000,
  effectWaitMilliseconds: 5_000,
  chargeWaitMilliseconds: 0,
} as LedgerSettings & BillingSettings;

class StandingTime extends Clock {
  time = Date.parse('2026-04-11T09:00:00.000Z');
  override now = (): number => this.time;
  override startAfter(): void {}
}

class PaymentsBus extends Bus {
  readonly messages: ReceivedMessage[] = [];
  override async publish(topic: string, messages: readonly Message[]): Promise<void> {
    for (const message of messages)
      this.messages.push({ ...message, topic, partition: 0, offset: String(this.messages.length), timestamp: 0 });
  }
  override browse = async () => [];
  override partitions = async () => 1;
  override async close(): Promise<void> {}
}

/** Stores, bus and clock: they survive a crash. The positions up to which consumers have read do too. */
export class BillingWorld {
  readonly events = new InMemoryEventStore();
  records = new InMemoryRecordStore();
  readonly bus = new PaymentsBus();
  readonly clock = new StandingTime();
  readonly read = { billing: LOG_START, credits: LOG_START, payments: 0 };

  /** Type and data of all events by stream, without what is random. */
  async streams(): Promise<Readonly<Record<string, readonly unknown[]>>> {
    const { events } = await this.events.readLog(LOG_START, 100_000, '');
    const streams: Record<string, unknown[]> = {};
    for (const { stream, type, data, metadata } of events) {
      const { recordedAt, occurredAt } = metadata as { readonly recordedAt: string; readonly occurredAt: string };
      const { partiesHash: _random, ...known } = data as { readonly partiesHash?: string };
      (streams[stream] ??= []).push({ type, data: known, recordedAt, occurredAt });
    }
    return streams;
  }
}

/** A process with ledger, billing and scripted payments on the stores of a world. */
export class BillingProcess {
  readonly subscriptions: Subscriptions;
  readonly provider: ScriptedProvider;
  readonly ledger: LedgerService;
  readonly billing: BillingService;
  readonly policy: BillingPolicy;
  readonly prefixes: NumberPrefixes;
  private readonly effects: EffectRunner;
  private readonly messages: BillingMessages;
  private readonly charges: ChargesConsumer;
  private readonly stores;

  constructor(
    private readonly world: BillingWorld,
    readonly crash = new CrashPoint(),
  ) {
    const { clock } = world;
    const store = crash.around(world.events, ['append']);
    const records = crash.around(world.records, ['put', 'putFree', 'putNew', 'replace', 'remove']);
    const bus = crash.around<Bus>(world.bus, ['publish']);
    this.stores = { store, records, bus };
    const catalog = catalogOf(MONTHLY);
    const terms = { paymentTermsDays: 14, offerMinutes: 10, confirmationHours: 24 };
    this.policy = { catalog, catalogAt: () => catalog, mode: 'test', ...terms };

    const settledJobs = new SettledJobs(new InMemoryViewStore(), new ProjectedRevisions());
    const credits = this.commandsOf(Stream.of(creditsStream({ ...DEFAULT_POLICY, catalog }, limits, settledJobs)));
    this.ledger = new LedgerService(credits as unknown as CommandService<Ledger, Command, Answer>);
    const projector = { leadership: { on: () => () => undefined } };
    const projections = { onProjected: () => undefined, projector } as unknown as Projections;
    const administration = new AdministrationService(this.ledger, projections, catalog, clock);
    const client = new PlanCallsService(this.ledger, administration, clock) as unknown as LedgerClient;

    const stream = Stream.of(subscriptionStream(this.policy));
    const commands = this.commandsOf(stream);
    const parking = new ParkingService(stream, commands, new Quarantine(stream, records, systemClock), bus, undefined);
    const verifications = {} as VerificationService;
    this.subscriptions = new Subscriptions(commands as never, projections, parking, verifications, systemClock);
    const documents = this.commandsOf(Stream.of(invoiceStream()));
    const invoices = new InvoiceDocuments(documents as never, projections, verifications);
    const details = new BillingDetailsRecords(records, systemClock);
    const parties = new InvoicePartiesRecords(records, systemClock);
    const catalogs = new CatalogVersions(store, catalog);
    const ofInvoices = new InvoiceEffects(invoices, details, parties, clock, catalogs, this.policy);
    this.effects = new EffectRunner(this.subscriptions, new LedgerEffects(client), ofInvoices, clock);
    this.provider = new ScriptedProvider(records, bus, clock, systemClock);
    this.charges = new ChargesConsumer(this.provider);
    const { subscriptions, effects, policy, provider } = this;
    this.billing = new BillingService(subscriptions, effects, client, clock, policy, limits, provider);
    this.prefixes = new NumberPrefixes(subscriptions, new InvoicePrefixes(records, systemClock), store, policy);
    this.messages = new BillingMessages(this.billing, subscriptions, effects, bus, clock);
  }

  /** Reads what the ledger has written since the last start, as a start does. */
  catchUp(): Promise<void> {
    const { store, records } = this.stores;
    const log = { name: 'log', names: ['log'] } as unknown as LogService;
    const { subscriptions, billing, prefixes, world } = this;
    return new CreditsCatchUp(
      ...([store, records, systemClock, log, billing, subscriptions, prefixes, world.clock, limits] as const),
    ).onApplicationBootstrap();
  }

  /** What a running installation does by itself: effects, what is due, charges and their reports, closed periods. */
  async settle(organizationId: string): Promise<void> {
    for (let before = -1; before !== this.world.bus.messages.length + (await this.end());) {
      before = this.world.bus.messages.length + (await this.end());
      await this.effects.drain(organizationId);
      const now = this.world.clock.instant();
      await this.ledger.execute(organizationId, { type: 'Tick', now });
      await this.subscriptions.execute(organizationId, { type: 'Tick', now });
      await this.effects.drain(organizationId);
      await this.consume();
    }
  }

  /** A batch counts as read once it is processed, as with every consumer. */
  private async consume(): Promise<void> {
    const { read, bus } = this.world;
    for (const [name, category, topic] of [
      ['billing', 'subscription', BILLING_EVENTS],
      ['credits', 'credits', CREDITS_EVENTS],
    ] as const) {
      const { events, position } = await this.stores.store.readLog(read[name], 100_000, `${category}-`);
      const messages = events.map(({ stream, revision, type, data, metadata }) => {
        const organizationId = stream.slice(category.length + 1);
        return received(topic, organizationId, { organizationId, stream, revision, type, data, metadata });
      });
      if (name === 'billing') await this.charges.take(messages);
      else await this.messages.take(messages, async () => undefined);
      read[name] = position;
    }
    const reports = bus.messages.slice(read.payments).filter(({ topic }) => topic === PAYMENTS_EVENTS);
    const until = bus.messages.length;
    await this.messages.take(reports, async () => undefined);
    read.payments = until;
  }

  private async end(): Promise<number> {
    return (await this.stores.store.last(''))?.position ?? LOG_START;
  }

  private commandsOf(stream: Stream): CommandService {
    const { store, records } = this.stores;
    const quarantine = new Quarantine(stream, records, systemClock);
    const log = { assertWhole: () => undefined } as StreamLog;
    return new CommandService(stream, store, limits, quarantine, log, { add: () => undefined });
  }
}

const received = (
  topic: string,
  key: string,
  value: object & { readonly type: string; readonly [member: string]: unknown },
): ReceivedMessage => ({
  ...{ topic, key, partition: 0, offset: '0', timestamp: 0, headers: { type: value.type } },
  value: Buffer.from(JSON.stringify(value)),
});
