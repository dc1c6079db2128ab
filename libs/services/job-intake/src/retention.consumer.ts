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
    for (const [organizationId, events] of byOrganization(
      this.parsed<CreditsMessage>(messages.filter(mayMatter)),
    )) {
      const ended = events.flatMap(endOf);
      if (ended.length > 0) await this.retention.ended(organizationId, ended, now);
      if (events.some(({ type }) => type === 'SettingsChanged'))
        await this.retention.changed(organizationId, now);
    }
  }

  @EventPattern(JOBS_DECISIONS, { batch: true })
  async decisions(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    for (const { value } of this.parsed<JobDecision>(messages))
      if (value.type === 'tallystick.job.refused' && (await this.ledger.job(value)) === undefined)
        await this.details.drop([detailsKey(value.organizationId, value.jobId)]);
  }

  /** Our own messages: one that cannot be read is a fault to be seen, but not one to stand still for. */
  private parsed<T>(messages: readonly ReceivedMessage[]): { readonly key: string; readonly value: T }[] {
    return messages.flatMap(({ key, value, topic, partition, offset }) => {
      try {
        return [{ key, value: JSON.parse(Buffer.from(value).toString('utf8')) as T }];
      } catch {
        this.log.error({ topic, partition, offset }, 'A message cannot be read; it is left out.');
        return [];
      }
    });
  }
}

const MATTERING = new Set(['CreditsConsumed', 'CreditsRefunded', 'SettingsChanged']);
/** The header spares reading most messages. */
const mayMatter = ({ headers: { type } }: ReceivedMessage): boolean =>
  type === undefined || MATTERING.has(type);

function byOrganization(messages: readonly { readonly key: string; readonly value: CreditsMessage }[]) {
  const groups = new Map<string, CreditsMessage[]>();
  for (const { key, value } of messages) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** A refund of what was not used comes with the job's consumption; every other one ends the job. */
function endOf({ type, data, metadata }: CreditsMessage): EndedJob[] {
  const isEnd = type === 'CreditsConsumed' || (type === 'CreditsRefunded' && data['reason'] !== 'unused');
  return isEnd ? [{ jobId: String(data['jobId']), endedAt: metadata.recordedAt }] : [];
}
