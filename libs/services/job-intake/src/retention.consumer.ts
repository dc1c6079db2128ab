import { Controller, Logger } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { detailsKey } from '@tallystick/contracts/intake';
import {
  CREDITS_EVENTS,
  JOBS_DECISIONS,
  LedgerClient,
  type CreditsMessage,
  type JobDecision,
} from '@tallystick/contracts/ledger';
import { JOB_END_TYPES } from '@tallystick/domain/ledger';
import type { ReceivedMessage } from '@tallystick/eventing';
import { DetailsService } from './details.service';
import { RetentionService, type EndedJob } from './retention.service';

interface Keyed<T> {
  readonly key: string;
  readonly value: T;
}

/** Learns from the bus which jobs have ended or were refused, however they came, so that no details outstay them. */
@Controller()
export class RetentionConsumer {
  private readonly log = new Logger(RetentionConsumer.name);

  constructor(
    private readonly retention: RetentionService,
    private readonly details: DetailsService,
    private readonly ledger: LedgerClient,
  ) {}

  @EventPattern(CREDITS_EVENTS, { batch: true })
  async credits(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const now = Date.now();
    const events = this.parsed(messages.filter(mayMatter), isCredits);
    await this.retention.ended(events.flatMap(endOf), now);
    const changed = events.filter(({ value }) => value.type === 'SettingsChanged');
    for (const organizationId of new Set(changed.map(({ key }) => key)))
      await this.retention.changed(organizationId, now);
  }

  @EventPattern(JOBS_DECISIONS, { batch: true })
  async decisions(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const refused = this.parsed(messages, isDecision).filter(({ value }) => value.type === 'tallystick.job.refused');
    const jobs = new Map(refused.map(({ value }) => [detailsKey(value.organizationId, value.jobId), value]));
    const kept = await this.details.keptAmong([...jobs.keys()], Date.now());
    const gone = await Promise.all(
      kept.map(async (key) => (isSubmitted(await this.ledger.job(jobs.get(key)!)) ? [] : [key])),
    );
    await this.details.drop(gone.flat());
  }

  /** Our own messages: one that cannot be read is a fault to be seen, but not one to stand still for. */
  private parsed<T>(messages: readonly ReceivedMessage[], isOne: (value: unknown) => value is T): Keyed<T>[] {
    return messages.flatMap(({ key, value: bytes, topic, partition, offset }) => {
      const value = jsonIn(bytes);
      if (isOne(value)) return [{ key, value }];
      this.log.error('A message cannot be read; it is left out.', { topic, partition, offset });
      return [];
    });
  }
}

/** A job of which only the outcome is known has no details of its own: they came with the submission that was refused. */
const isSubmitted = (job: Awaited<ReturnType<LedgerClient['job']>>): boolean =>
  job !== undefined && job.status !== 'awaiting';

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

// Anybody may write to a topic: what is read of a message is looked at first.
const isText = (value: unknown): boolean => typeof value === 'string';

function isCredits(value: unknown): value is CreditsMessage {
  const { type, data, metadata } = (value ?? {}) as Partial<CreditsMessage>;
  if (typeof type !== 'string') return false;
  return !JOB_END_TYPES.has(type) || (isText(data?.['jobId']) && isText(metadata?.recordedAt));
}

function isDecision(value: unknown): value is JobDecision {
  const { type, organizationId, jobId } = (value ?? {}) as Partial<JobDecision>;
  return [type, organizationId, jobId].every(isText);
}

const MATTERING: ReadonlySet<string> = new Set([...JOB_END_TYPES, 'SettingsChanged']);
/** The header spares reading most messages. */
const mayMatter = ({ headers: { type } }: ReceivedMessage): boolean => type === undefined || MATTERING.has(type);

/** A refund of what was not used comes with the job's consumption; every other one ends the job. */
function endOf({ key, value: { type, data, metadata } }: Keyed<CreditsMessage>): EndedJob[] {
  const isEnd = JOB_END_TYPES.has(type) && data['reason'] !== 'unused';
  return isEnd ? [{ organizationId: key, jobId: String(data['jobId']), endedAt: metadata.recordedAt }] : [];
}
