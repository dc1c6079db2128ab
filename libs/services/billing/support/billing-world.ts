import { PAYMENTS_EVENTS, type BillingMessage } from '@tallystick/contracts/billing';
import { CREDITS_EVENTS } from '@tallystick/contracts/ledger';
import { CatalogVersions } from '@tallystick/catalog';
import type { BillingPolicy } from '@tallystick/domain/billing';
import { parseCatalog, type Catalog } from '@tallystick/domain/catalog';
import { Bus, LOG_START, type Message, type ReceivedMessage } from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryRecordStore } from '@tallystick/eventing-testing';
import {
  CommandService,
  ParkingService,
  Quarantine,
  Stream,
  type LogService,
  type Projections,
  type StreamLog,
  type VerificationService,
} from '@tallystick/hosting';
import { Clock, systemClock } from '@tallystick/runtime';
import { BillingService } from '../src/billing.service';
import { BillingMessages } from '../src/consumers/billing-messages.service';
import { CreditsCatchUp } from '../src/consumers/credits-catch-up';
import { EffectRunner } from '../src/effects/effect-runner';
import { InvoiceEffects } from '../src/effects/invoice-effects';
import { LedgerEffects } from '../src/effects/ledger-effects';
import { BillingDetailsRecords } from '../src/records/billing-details-records';
import { InvoicePartiesRecords } from '../src/records/invoice-parties';
import { InvoicePrefixes } from '../src/records/invoice-prefixes';
import { NumberPrefixes } from '../src/records/number-prefixes';
import type { BillingSettings } from '../src/settings';
import { InvoiceDocuments } from '../src/streams/invoice-documents';
import { invoiceStream } from '../src/streams/invoice-stream';
import { subscriptionStream } from '../src/streams/subscription-stream';
import { Subscriptions } from '../src/streams/subscriptions';
import { CardsInMemory } from './cards-in-memory';
import { CrashPoint } from './crash-point';
import { creditsDefinition, LedgerInMemory } from './ledger-in-memory';

const CATALOG = `id: monthly
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/ }
burnDownOrder: [trial, promotional, package, top-up, pay-as-you-go]
operations: [{ id: page, unit: page, credits: 1 }]
currencies: { USD: { tax: excluded } }
plans:
  - { id: developer, name: Developer, credits: 1000, prices: { USD: "29.99" } }
  - { id: startup, name: Startup, credits: 5000, prices: { USD: "119.99" } }
topUps: [{ id: pack, name: 1000 credits, credits: 1000, prices: { USD: "10.00" } }]
overage:
  payAsYouGo: true
  limitPerPeriod: { start: 15000, raisePercent: 20, max: 1000000 }
  tiers: { USD: [{ price: "0.0330" }] }
dunning: { retryAfterDays: [1, 3, 5, 7] }
seller: { name: Example GmbH, address: Example street 1, country: DE, vatId: DE123456789 }
tax: { seller: DE, rates: { DE: "19" } }
`;

function catalogOf(text: string): Catalog {
  const parsed = parseCatalog(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.catalog;
}

const limits = {
  snapshotEvery: 1_000,
  cachedOrganizations: 100,
  patienceMilliseconds: 4_500,
  readWaitMilliseconds: 1_000,
  effectWaitMilliseconds: 5_000,
  chargeWaitMilliseconds: 0,
} as BillingSettings;

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

/** A process with ledger, billing and a card provider on the stores of a world. */
export class BillingProcess {
  readonly subscriptions: Subscriptions;
  readonly provider: CardsInMemory;
  readonly ledger: LedgerInMemory;
  readonly billing: BillingService;
  readonly policy: BillingPolicy;
  readonly prefixes: NumberPrefixes;
  private readonly effects: EffectRunner;
  private readonly messages: BillingMessages;
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
    const catalog = catalogOf(CATALOG);
    const terms = { paymentTermsDays: 14, offerMinutes: 10, confirmationHours: 24 };
    this.policy = { catalog, catalogAt: () => catalog, mode: 'test', ...terms };

    const credits = this.commandsOf(Stream.of(creditsDefinition(catalog)));
    this.ledger = new LedgerInMemory(credits as never, clock);
    const { client } = this.ledger;
    const projector = { leadership: { on: () => () => undefined } };
    const projections = { onProjected: () => undefined, projector } as unknown as Projections;
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
    this.provider = new CardsInMemory(records, bus, clock);
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
      await this.ledger.execute(organizationId, { type: 'Tick' });
      await this.subscriptions.execute(organizationId, { type: 'Tick', now });
      await this.effects.drain(organizationId);
      await this.consume();
    }
  }

  /** A batch counts as read once it is processed, as with every consumer. */
  private async consume(): Promise<void> {
    const { read, bus } = this.world;
    const sold = await this.stores.store.readLog(read.billing, 100_000, 'subscription-');
    const billed = sold.events.map(({ stream, type, data }) => ({
      ...{ organizationId: stream.slice('subscription-'.length), type, data },
    }));
    await this.provider.take(billed as unknown as readonly BillingMessage[]);
    read.billing = sold.position;
    const credits = await this.stores.store.readLog(read.credits, 100_000, 'credits-');
    const closes = credits.events.map(({ stream, revision, type, data }) => {
      const organizationId = stream.slice('credits-'.length);
      return received(CREDITS_EVENTS, organizationId, { organizationId, revision, type, data });
    });
    await this.messages.take(closes, async () => undefined);
    read.credits = credits.position;
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
