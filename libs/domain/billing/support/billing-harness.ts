import {
  billingDecider,
  BILLING_DEFAULTS,
  BILLING_RECORDS,
  evolveBilling,
  initialAccount,
  initialDocument,
  INVOICE_RECORDS,
  invoiceDecider,
  nextDue,
  nextEffect,
  type BillingAccount,
  type BillingAnswer,
  type BillingCommand,
  type BillingEffect,
  type BillingEvent,
  type BillingEventType,
  type BillingFacts,
  type BillingPolicy,
  type ChargeOutcome,
  type InvoiceCommand,
  type InvoiceDocument,
} from '../src';
import { Unreadable } from '@tallystick/domain/kernel';
import { catalogOf, MONTHLY } from './catalogs';
import { LedgerStub } from './ledger-stub';

export const ORGANIZATION = 'org';
export const START = '2026-04-11T09:00:00.000Z';

type WithoutTime<C> = C extends BillingCommand ? Omit<C, 'now'> : never;
/** A command without its time, which the harness adds. */
export type BillingStep = WithoutTime<BillingCommand>;
export type TestChargeOutcome = 'paid' | 'declined' | 'declined_hard' | 'requires_action' | 'processing';

export interface BillingStepResult {
  readonly answer: BillingAnswer;
  readonly events: readonly BillingEvent[];
}

/** One organization: its stream, the documents of its invoices, its ledger and its card, with a clock. */
export class BillingHarness {
  readonly policy: BillingPolicy;
  account: BillingAccount = initialAccount();
  /** One JSON text per event. */
  readonly stored: string[] = [];
  readonly documents = new Map<string, InvoiceDocument>();
  readonly ledger = new LedgerStub();
  now = START;
  /** Outcomes of the next charges. The others are paid. */
  readonly next: TestChargeOutcome[] = [];
  /** Charges that wait for an outcome, with their amounts. */
  readonly waiting = new Map<string, { readonly amount: number; readonly currency: string }>();
  /** Called after each event. */
  check: (event: BillingEvent, revision: number) => void = () => undefined;
  /** Called before and after each effect is carried out, before its completion is recorded. */
  aroundEffect: (harness: BillingHarness, when: 'before' | 'after') => void = () => undefined;
  private published = 0;
  private readonly decider;

  constructor(policy: Partial<BillingPolicy> = {}) {
    const catalog = policy.catalog ?? catalogOf(MONTHLY);
    this.policy = { ...BILLING_DEFAULTS, mode: 'live', catalog, catalogAt: () => this.policy.catalog, ...policy };
    this.decider = billingDecider(this.policy);
  }

  /** Decides one command as the command handler does, without its effects. */
  decide(step: BillingStep): BillingStepResult {
    const command = { now: this.now, ...step } as BillingCommand;
    const from = this.stored.length;
    while (this.add(this.unchanged(() => this.decider.due(command, this.account))));
    let decided = this.unchanged(() => this.decider.decide(command, this.account));
    this.add(decided.events);
    for (let { then } = decided; then !== undefined; { then } = decided) {
      const following = then;
      decided = this.unchanged(() => this.decider.decide(following, this.account));
      this.add(decided.events);
    }
    return { answer: decided.answer, events: this.stored.slice(from).map((text) => JSON.parse(text) as BillingEvent) };
  }

  /** Decides a command, then carries out everything that follows from it. */
  when(step: BillingStep): BillingStepResult {
    const result = this.decide(step);
    this.settle();
    return result;
  }

  run(...steps: (BillingStep | string)[]): this {
    for (const step of steps)
      if (typeof step === 'string') this.at(step);
      else this.when(step);
    return this;
  }

  /** Advances the time, and stops at each instant at which something is due. A short text is a day and time of the year of the clock. */
  at(to: string): this {
    const end = /^\d{4}-/.test(to) ? to : `${this.now.slice(0, 5)}${to}`;
    const target = end.length === 16 ? `${end}:00.000Z` : end;
    for (let stops = 0; ; stops++) {
      if (stops > 1_000) throw new Error(`something stays due at ${this.now}`);
      const due = [nextDue(this.account), this.ledger.nextDue()]
        .filter((at) => at !== undefined && at <= target)
        .sort()[0];
      if (due === undefined) break;
      if (due > this.now) this.now = due;
      this.tick();
    }
    this.now = target;
    this.tick();
    return this;
  }

  private tick(): void {
    for (const { start, end, revision } of this.ledger.tick(this.now))
      if (this.account.opened) this.when({ type: 'ClosePeriod', start, end, revision });
    if (this.account.opened) this.when({ type: 'Tick' });
  }

  /** Carries out effects, and answers charges, until nothing is left to do. */
  settle(): void {
    for (;;) {
      while (this.carryOutNext());
      if (!this.answerCharges()) return;
    }
  }

  /** The first pending effect; false if there is none. */
  carryOutNext(): boolean {
    const pending = nextEffect(this.account);
    if (!pending) return false;
    this.aroundEffect(this, 'before');
    const applied = this.carryOut(pending.effect);
    this.aroundEffect(this, 'after');
    this.decide({ type: 'CompleteEffect', effectId: pending.id, ...(applied && { applied }) });
    return true;
  }

  carryOut(effect: BillingEffect) {
    switch (effect.type) {
      case 'finalize-invoice':
        return this.note(effect.invoice.invoiceId, {
          type: 'FinalizeInvoice',
          invoice: effect.invoice,
          partiesHash: 'hash',
          now: this.now,
        });
      case 'record-payment':
        return this.note(effect.invoiceId, { type: 'NotePayment', payment: effect.payment, now: this.now });
      case 'change-status':
        return this.note(effect.invoiceId, {
          type: 'NoteStatus',
          status: effect.status,
          reason: effect.reason,
          now: this.now,
        });
      case 'issue-credit-note':
        return this.note(effect.invoiceId, { type: 'NoteCreditNote', creditNote: effect.creditNote, now: this.now });
      default: {
        const applied = this.ledger.carryOut(effect, this.now);
        for (const { start, end, revision } of this.ledger.tick(this.now))
          this.decide({ type: 'ClosePeriod', start, end, revision });
        return applied;
      }
    }
  }

  private note(invoiceId: string, command: InvoiceCommand): undefined {
    const document = this.documents.get(invoiceId) ?? initialDocument();
    this.documents.set(invoiceId, document);
    const { events, answer } = invoiceDecider.decide(command, document);
    if (answer.kind === 'refused') throw new Error(answer.refusal.message);
    for (const event of events) {
      const text = JSON.stringify(INVOICE_RECORDS.encode(event));
      const read = INVOICE_RECORDS.decode({ ...JSON.parse(text), revision: document.invoice ? 1 : 0 });
      if (read instanceof Unreadable) throw new Error(read.reason);
      invoiceDecider.evolve(document, read, 0);
    }
  }

  /** The card provider: it reads the published events. */
  answerCharges(): boolean {
    const from = this.published;
    this.published = this.stored.length;
    const requested = this.events('ChargeRequested', from);
    for (const { chargeId, amount, currency } of requested)
      this.answer(chargeId, this.next.shift() ?? 'paid', { amount, currency });
    return requested.length > 0;
  }

  private answer(
    chargeId: string,
    outcome: TestChargeOutcome,
    money: { readonly amount: number; readonly currency: string },
  ): void {
    if (outcome === 'processing' || outcome === 'requires_action') this.waiting.set(chargeId, money);
    if (outcome === 'processing') return;
    const outcomes: Record<Exclude<TestChargeOutcome, 'processing'>, ChargeOutcome> = {
      paid: { kind: 'paid', ...money, providerTime: this.now },
      declined: { kind: 'failed', declineCode: 'card_declined', hard: false },
      declined_hard: { kind: 'failed', declineCode: 'stolen_card', hard: true },
      requires_action: { kind: 'action_required', url: 'https://pay.example/1' },
    };
    this.decide({ type: 'NoteChargeOutcome', chargeId, outcome: outcomes[outcome] });
  }

  /** The provider ends the charges that wait. */
  settleCharges(outcome: 'paid' | 'declined'): void {
    for (const [chargeId, money] of this.waiting) {
      this.waiting.delete(chargeId);
      this.answer(chargeId, outcome, money);
    }
    this.settle();
  }

  /** The data of the events of one type. */
  events<Type extends BillingEventType>(type: Type, from = 0): BillingFacts[Type][] {
    return this.stored
      .slice(from)
      .map((text) => JSON.parse(text) as BillingEvent)
      .filter((event) => event.type === type)
      .map(({ data }) => data as BillingFacts[Type]);
  }

  get types(): string[] {
    return this.stored.map((text) => (JSON.parse(text) as BillingEvent).type);
  }

  /** Number, status and gross of each document. */
  get invoices(): [number: string | undefined, status: string, gross: number | undefined][] {
    return [...this.documents.values()].map(({ invoice, status }) => [invoice?.number, status, invoice?.gross]);
  }

  private add(events: readonly BillingEvent[]): boolean {
    for (const event of events) {
      const revision = this.stored.length;
      const text = JSON.stringify(BILLING_RECORDS.encode(event));
      const read = BILLING_RECORDS.decode({ ...JSON.parse(text), revision });
      if (read instanceof Unreadable) throw new Error(`${event.type}: ${read.reason}`);
      this.stored.push(JSON.stringify(read));
      this.account = evolveBilling(this.account, read, revision);
      this.check(read, revision);
    }
    return events.length > 0;
  }

  /** The account as a restarted process has it: folded from what is stored. */
  restart(): void {
    this.account = this.stored.reduce(
      (account, text, revision) => evolveBilling(account, JSON.parse(text) as BillingEvent, revision),
      initialAccount(),
    );
  }

  /** Deciding only reads the account. */
  private unchanged<T>(decide: () => T): T {
    const before = JSON.stringify(this.account);
    const decided = decide();
    if (JSON.stringify(this.account) !== before) throw new Error('deciding has changed the account');
    return decided;
  }
}
