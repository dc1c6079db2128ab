import { Controller, Logger } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { detailsKey } from '@tallystick/contracts/intake';
import {
  CREDITS_EVENTS,
  JOBS_DECISIONS,
  LedgerClient,
  type CreditsEventType,
  type CreditsMessage,
  type JobDecision,
} from '@tallystick/contracts/ledger';
import type { ReceivedMessage } from '@tallystick/eventing';
import { consumerTransportOf } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import { DetailsService } from './details.service';
import { RetentionService, type EndedJob } from './retention.service';

const CONSUMERS = consumerTransportOf('job-intake');

interface Keyed<Message> {
  readonly key: string;
  readonly value: Message;
}

/** Effect of an event on the details of jobs. */
const MEANINGS: Readonly<Record<CreditsEventType, 'may end a job' | 'may change the retention' | undefined>> = {
  CreditsConsumed: 'may end a job',
  CreditsRefunded: 'may end a job',
  SettingsChanged: 'may change the retention',
  CreditsGranted: undefined,
  CreditsReserved: undefined,
  CreditsExpired: undefined,
  CreditsRevoked: undefined,
  ReservationExtended: undefined,
  OutcomeRemembered: undefined,
  OutcomeContradicted: undefined,
  JobWindowClosed: undefined,
  OrganizationOpened: undefined,
  GrantGraceSet: undefined,
  PlanSet: undefined,
  PlanScheduled: undefined,
  PeriodClosed: undefined,
  OverageSet: undefined,
  BudgetCapSet: undefined,
  UsageReported: undefined,
  HistorySealed: undefined,
  ForeignEventAccepted: undefined,
  ForeignEventSkipped: undefined,
};

/** Reads which jobs have ended or were refused, in order to delete their details on time. */
@Controller()
export class RetentionConsumer {
  private readonly log = new Logger(RetentionConsumer.name);

  constructor(
    private readonly retention: RetentionService,
    private readonly details: DetailsService,
    private readonly ledger: LedgerClient,
    private readonly clock: Clock,
  ) {}

  @EventPattern(CREDITS_EVENTS, CONSUMERS, { batch: true })
  async credits(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const now = this.clock.now();
    const events = this.parsed(messages.filter(isRelevant), isCreditsMessage);
    await this.retention.ended(events.flatMap(endedJobs), now);
    const changed = events.filter(({ value }) => value.type === 'SettingsChanged');
    for (const organizationId of new Set(changed.map(({ key }) => key)))
      await this.retention.changed(organizationId, now);
  }

  @EventPattern(JOBS_DECISIONS, CONSUMERS, { batch: true })
  async decisions(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const refused = this.parsed(messages, isDecision).filter(({ value }) => value.type === 'tallystick.job.refused');
    const jobs = new Map(refused.map(({ value }) => [detailsKey(value.organizationId, value.jobId), value]));
    const kept = await this.details.keptAmong([...jobs.keys()], this.clock.now());
    const unused = await Promise.all(
      kept.map(async (key) => (isSubmitted(await this.ledger.job(jobs.get(key)!)) ? [] : [key])),
    );
    await this.details.drop(unused.flat());
  }

  /** A message that cannot be read is logged and skipped: it must not stop the consumer. */
  private parsed<Message>(
    messages: readonly ReceivedMessage[],
    isMessage: (value: unknown) => value is Message,
  ): Keyed<Message>[] {
    return messages.flatMap(({ key, value: bytes, topic, partition, offset }) => {
      const value = jsonIn(bytes);
      if (isMessage(value)) return [{ key, value }];
      this.log.error('A message cannot be read; it is left out.', { topic, partition, offset });
      return [];
    });
  }
}

/** The details of a job of which only the outcome is known came with the submission that was refused. */
const isSubmitted = (job: Awaited<ReturnType<LedgerClient['job']>>): boolean =>
  job !== undefined && job.status !== 'awaiting';

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

const meaningOf = (type: string) => (Object.hasOwn(MEANINGS, type) ? MEANINGS[type as CreditsEventType] : undefined);

/** The header avoids parsing most messages. */
const isRelevant = ({ headers: { type } }: ReceivedMessage): boolean =>
  type === undefined || meaningOf(type) !== undefined;

// Other programs may write to the topics: the members that are used are checked.
const isText = (value: unknown): boolean => typeof value === 'string';

function isCreditsMessage(value: unknown): value is CreditsMessage {
  const { type, data, metadata } = (value ?? {}) as {
    readonly type?: unknown;
    readonly data?: { readonly jobId?: unknown } | null;
    readonly metadata?: { readonly recordedAt?: unknown } | null;
  };
  if (typeof type !== 'string') return false;
  return meaningOf(type) !== 'may end a job' || (isText(data?.jobId) && isText(metadata?.recordedAt));
}

function isDecision(value: unknown): value is JobDecision {
  const { type, organizationId, jobId } = (value ?? {}) as Partial<JobDecision>;
  return [type, organizationId, jobId].every(isText);
}

/** The refund of unused credits comes with the consumption of the job. Every other refund ends the job. */
function endedJobs({ key, value: message }: Keyed<CreditsMessage>): EndedJob[] {
  const isEnd =
    message.type === 'CreditsConsumed' || (message.type === 'CreditsRefunded' && message.data.reason !== 'unused');
  return isEnd ? [{ organizationId: key, jobId: message.data.jobId, endedAt: message.metadata.recordedAt }] : [];
}
