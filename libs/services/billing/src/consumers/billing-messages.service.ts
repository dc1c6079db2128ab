import { Injectable, Logger } from '@nestjs/common';
import { PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import { deadLettersOf, type CreditsMessage, type CreditsMessageOf } from '@tallystick/contracts/ledger';
import { Bus, StreamQuarantined, type ReceivedMessage } from '@tallystick/eventing';
import { deadLetter, jsonMessages, type UndecidedMessage } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import { BillingService, type UntimedCommand } from '../billing.service';
import { EffectRunner } from '../effects/effect-runner';
import { Subscriptions } from '../streams/subscriptions';
import { isPaymentsMessage, paymentStep } from './payment-commands';

interface BillingInput {
  readonly message: ReceivedMessage;
  readonly organizationId: string;
  readonly command: UntimedCommand;
}

const NONE: ReadonlySet<string> = new Set();
const NO_REPORT = 'It is no report of a payment. The members of each type are in docs/messages/payments.events.json.';

/** Decides the messages of payments.events and the closes of credits.events, in the order in which they come. */
@Injectable()
export class BillingMessages {
  private readonly log = new Logger(BillingMessages.name);

  constructor(
    private readonly billing: BillingService,
    private readonly subscriptions: Subscriptions,
    private readonly effects: EffectRunner,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {
    subscriptions.parking.processWith((messages) => this.decide(this.read(messages)));
  }

  /**
   * Reports of payments that cannot be read become dead letters. Closes that cannot be read, and messages that billing refuses, are
   * logged and left out: the log has the closes. Messages of an organization that a fault has stopped are parked. An outage throws:
   * then the batch is delivered again.
   */
  async take(messages: readonly ReceivedMessage[], heartbeat: () => Promise<void>): Promise<void> {
    const { parking } = this.subscriptions;
    const read = this.read(messages);
    await this.publishUnreadable(messages, new Set(read.map(({ message }) => message)));
    const organizationIds = new Set(read.map(({ organizationId }) => organizationId));
    const parked = await parking.filterParked([...organizationIds]);
    const undecided = await this.decide(read, parked, heartbeat);
    if (undecided.length > 0) await parking.park(undecided);
  }

  private async decide(
    messages: readonly BillingInput[],
    parked: ReadonlySet<string> = NONE,
    heartbeat: () => Promise<void> = async () => undefined,
  ): Promise<readonly UndecidedMessage[]> {
    const groups = new Map<string, BillingInput[]>();
    for (const read of messages) groups.set(read.organizationId, [...(groups.get(read.organizationId) ?? []), read]);
    const undecided = await Promise.all(
      [...groups].map(async ([organizationId, group]) => {
        const left = parked.has(organizationId) ? group.map(asUndecided) : await this.decideInOrder(group);
        await heartbeat();
        return left;
      }),
    );
    return undecided.flat();
  }

  private async decideInOrder(group: readonly BillingInput[]): Promise<readonly UndecidedMessage[]> {
    for (const [index, read] of group.entries())
      try {
        await this.decideOne(read);
      } catch (error) {
        if (!(error instanceof StreamQuarantined)) throw error;
        return group.slice(index).map((one) => ({ ...asUndecided(one), error }));
      }
    return [];
  }

  private async decideOne({ organizationId, command }: BillingInput): Promise<void> {
    if (command.type === 'ClosePeriod') {
      // (before its first command an organization has no subscription that a close could concern)
      if (!(await this.billing.isOpen(organizationId))) return;
    } else await this.billing.open(organizationId);
    const now = this.clock.instant();
    const { answer } = await this.subscriptions.execute(organizationId, { ...command, now });
    if (answer.kind === 'refused') {
      const { code, message } = answer.refusal;
      this.log.warn({ organizationId, command: command.type, code, reason: message }, 'A message is refused.');
    }
    // (what fails here is tried again by the worker)
    await this.effects.drain(organizationId).catch((error: unknown) => {
      this.log.warn(error, `Effects of ${organizationId} could not be carried out; they are tried again.`);
    });
  }

  private read(messages: readonly ReceivedMessage[]): readonly BillingInput[] {
    return messages.flatMap((message) => {
      const read = message.topic === PAYMENTS_EVENTS ? this.readPayment(message) : this.readClose(message);
      return read ? [{ message, ...read }] : [];
    });
  }

  private async publishUnreadable(
    messages: readonly ReceivedMessage[],
    read: ReadonlySet<ReceivedMessage>,
  ): Promise<void> {
    const unreadable = messages.filter((message) => message.topic === PAYMENTS_EVENTS && !read.has(message));
    const letters = unreadable.map((message) => deadLetter(message, 'bad-message', NO_REPORT));
    if (letters.length > 0) await this.bus.publish(deadLettersOf(PAYMENTS_EVENTS), letters);
  }

  private readPayment(message: ReceivedMessage): Omit<BillingInput, 'message'> | undefined {
    const [value] = jsonMessages([message], isPaymentsMessage, this.log);
    return value && { organizationId: value.organizationId, command: paymentStep(value) };
  }

  private readClose(message: ReceivedMessage): Omit<BillingInput, 'message'> | undefined {
    if (message.headers['type'] !== 'PeriodClosed') return undefined;
    const [value] = jsonMessages([message], isPeriodClosed, this.log);
    if (value === undefined) return undefined;
    const { start, end } = value.data;
    return {
      organizationId: value.organizationId,
      command: { type: 'ClosePeriod', start, end, revision: value.revision },
    };
  }
}

const asUndecided = ({ message, organizationId }: BillingInput): UndecidedMessage => ({
  message,
  entityId: organizationId,
});

function isPeriodClosed(value: unknown): value is CreditsMessageOf<'PeriodClosed'> {
  const { organizationId, type, revision, data } = (value ?? {}) as Partial<CreditsMessage>;
  const { start, end } = (data ?? {}) as { readonly start?: unknown; readonly end?: unknown };
  return type === 'PeriodClosed' && Number.isSafeInteger(revision) && [organizationId, start, end].every(isText);
}

const isText = (value: unknown): boolean => typeof value === 'string';
