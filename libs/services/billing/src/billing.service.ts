import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { PaymentProvider } from '@tallystick/contracts/billing';
import { notFound, revisionNotReached } from '@tallystick/contracts/http';
import { LedgerClient, type LedgerTerms } from '@tallystick/contracts/ledger';
import {
  nextDue,
  type BillingAccount,
  type BillingAnswer,
  type BillingCommand,
  type BillingPolicy,
} from '@tallystick/domain/billing';
import type { Instant } from '@tallystick/domain/kernel';
import { CONFIGURATION } from '@tallystick/hosting';
import { Clock, within } from '@tallystick/runtime';
import { EffectRunner } from './effects/effect-runner';
import { BILLING_POLICY } from './policy';
import { problemOfBillingRefusal } from './problems';
import type { BillingSettings } from './settings';
import { Subscriptions } from './streams/subscriptions';

/** After every instant. */
const LATER = '~';

/** A command without its time. */
type CommandWithoutTime<Command> = Command extends unknown ? Omit<Command, 'now'> : never;
export type UntimedCommand = CommandWithoutTime<BillingCommand>;
export type AcceptedAnswer = Exclude<BillingAnswer, { readonly kind: 'refused' }>;

/**
 * Commands and queries of HTTP callers. A command is answered when what it decided is carried out, or goes on in the background
 * after some time.
 */
@Injectable()
export class BillingService {
  private readonly log = new Logger(BillingService.name);
  /** Usage before this instant is never billed. Set at the start. */
  billingFrom: Instant | undefined;

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly effects: EffectRunner,
    private readonly ledger: LedgerClient,
    private readonly clock: Clock,
    @Inject(BILLING_POLICY) private readonly policy: BillingPolicy,
    @Inject(CONFIGURATION) private readonly settings: BillingSettings,
    @Optional() @Inject(PaymentProvider) private readonly provider: PaymentProvider | undefined,
  ) {}

  /** Throws a Problem for a refusal, and for an organization that does not exist. */
  async execute<Kind extends AcceptedAnswer['kind'] = AcceptedAnswer['kind']>(
    organizationId: string,
    command: UntimedCommand,
  ): Promise<{ readonly answer: Extract<AcceptedAnswer, { readonly kind: Kind }>; readonly revision: number }> {
    await this.open(organizationId);
    const now = this.clock.instant();
    const { answer, revision } = await this.subscriptions.execute(organizationId, { ...command, now });
    if (answer.kind === 'refused') throw problemOfBillingRefusal(answer.refusal);
    await this.settle(organizationId);
    return { answer: answer as Extract<AcceptedAnswer, { readonly kind: Kind }>, revision };
  }

  /**
   * The state as of now: what time has made due is applied and carried out first. Before the first command there is no stream: the
   * query gets the state of an organization that has bought nothing.
   */
  async read<T>(
    organizationId: string,
    query: (account: BillingAccount) => T,
    atLeastRevision?: number,
  ): Promise<{ readonly value: T; readonly revision: number }> {
    const now = this.clock.instant();
    const { value: known } = await this.subscriptions.read(organizationId, (account) => ({
      opened: account.opened,
      isDue: account.opened && (nextDue(account) ?? LATER) <= now,
      isPending: account.effects.length > 0,
    }));
    if (!known.opened) await this.termsOf(organizationId);
    if (known.isDue) await this.subscriptions.execute(organizationId, { type: 'Tick', now });
    if (known.isDue || known.isPending) await this.settle(organizationId);
    const read = await this.subscriptions.read(organizationId, query);
    if (atLeastRevision !== undefined && read.revision < atLeastRevision)
      throw revisionNotReached(atLeastRevision, read.revision);
    return read;
  }

  /** Begins the stream of an organization that the ledger has. `knownCurrency`: of the organization, else the ledger is asked. */
  async open(organizationId: string, knownCurrency?: string): Promise<void> {
    if (await this.isOpen(organizationId)) return;
    const currency = knownCurrency ?? (await this.termsOf(organizationId)).currency;
    const { answer } = await this.subscriptions.execute(organizationId, {
      type: 'OpenBilling',
      organizationId,
      currency,
      hasCard: await this.hasCard(organizationId),
      ...(this.billingFrom !== undefined && { billingFrom: this.billingFrom }),
      now: this.clock.instant(),
    });
    if (answer.kind === 'refused') throw problemOfBillingRefusal(answer.refusal);
  }

  /** Whether the organization has a stream of billing. */
  async isOpen(organizationId: string): Promise<boolean> {
    return (await this.subscriptions.read(organizationId, ({ opened }) => opened)).value;
  }

  async hasCard(organizationId: string): Promise<boolean> {
    const cards = (await this.provider?.paymentMethods(organizationId)) ?? [];
    return cards.length > 0;
  }

  /** Throws 404 for an organization that the ledger does not have. */
  async termsOf(organizationId: string): Promise<LedgerTerms> {
    const terms = await this.ledger.terms(organizationId);
    if (!terms.exists) throw notFound('organization');
    return terms;
  }

  /** Carries out what was decided, and waits for the outcome of charges. Both go on in the background after some time. */
  private async settle(organizationId: string): Promise<void> {
    const { effectWaitMilliseconds, chargeWaitMilliseconds } = this.settings;
    const drained = this.effects.drain(organizationId).then(
      () => true,
      (error: unknown) => {
        this.log.warn(error, `Effects of ${organizationId} could not be carried out; they are tried again.`);
        return false;
      },
    );
    if ((await within(effectWaitMilliseconds, drained)) !== true || this.provider === undefined) return;
    await this.subscriptions.until(organizationId, isSettled, chargeWaitMilliseconds);
  }
}

/** Nothing is left to carry out, and the provider has answered every charge, at least that the customer has to confirm it. */
const isSettled = ({ effects, entries }: BillingAccount): boolean =>
  effects.length === 0 && Object.values(entries).every(({ charge }) => charge?.status !== 'requested');
