import { Controller, Logger } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import {
  CREDITS_EVENTS,
  detailsKey,
  JOBS_DECISIONS,
  LedgerClient,
  type CreditsMessage,
  type JobDecision,
} from '@tallystick/contracts';
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
    const events = this.parsed<CreditsMessage>(messages.filter(mayMatter));
    await this.retention.ended(events.flatMap(endOf), now);
    const changed = events.filter(({ value }) => value.type === 'SettingsChanged');
    for (const organizationId of new Set(changed.map(({ key }) => key)))
      await this.retention.changed(organizationId, now);
  }

  @EventPattern(JOBS_DECISIONS, { batch: true })
  async decisions(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const refused = this.parsed<JobDecision>(messages).filter(({ value }) => value.type === 'tallystick.job.refused'); // prettier-ignore
    const jobs = new Map(refused.map(({ value }) => [detailsKey(value.organizationId, value.jobId), value]));
    const kept = await this.details.keptAmong([...jobs.keys()], Date.now());
    const gone = await Promise.all(
      kept.map(async (key) => ((await this.ledger.job(jobs.get(key)!)) === undefined ? [key] : [])),
    );
    await this.details.drop(gone.flat());
  }

  /** Our own messages: one that cannot be read is a fault to be seen, but not one to stand still for. */
  private parsed<T>(messages: readonly ReceivedMessage[]): Keyed<T>[] {
    return messages.flatMap(({ key, value, topic, partition, offset }) => {
      try {
        return [{ key, value: JSON.parse(Buffer.from(value).toString('utf8')) as T }];
      } catch {
        this.log.error('A message cannot be read; it is left out.', { topic, partition, offset });
        return [];
      }
    });
  }
}

const MATTERING = new Set(['CreditsConsumed', 'CreditsRefunded', 'SettingsChanged']);
/** The header spares reading most messages. */
const mayMatter = ({ headers: { type } }: ReceivedMessage): boolean =>
  type === undefined || MATTERING.has(type);

/** A refund of what was not used comes with the job's consumption; every other one ends the job. */
function endOf({ key, value: { type, data, metadata } }: Keyed<CreditsMessage>): EndedJob[] {
  const isEnd = type === 'CreditsConsumed' || (type === 'CreditsRefunded' && data['reason'] !== 'unused');
  return isEnd ? [{ organizationId: key, jobId: String(data['jobId']), endedAt: metadata.recordedAt }] : [];
}
