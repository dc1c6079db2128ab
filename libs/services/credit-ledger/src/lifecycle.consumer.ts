import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import {
  deadLettersOf,
  detailsOf,
  JOBS_DECISIONS,
  JOBS_LIFECYCLE,
  keepDetails,
  LIMITS,
  type LifecycleEvent,
  type Limits,
} from '@tallystick/contracts';
import { Bus, RecordStore, type Message, type ReceivedMessage } from '@tallystick/eventing';
import { deadLetter } from './dead-letters';
import { decisionOf, type Decided } from './decisions';
import { LedgerService } from './ledger.service';
import { commandOf, organizationOf, readLifecycle } from './lifecycle-messages';
import { RefusalsService } from './refusals.service';
import { isStopped } from './unavailable';

interface Read {
  readonly message: ReceivedMessage;
  readonly event: LifecycleEvent;
}

/** The whole life of jobs over the bus alone: decided in the same loop as HTTP, in groups, and answered on jobs.decisions. */
@Controller()
export class LifecycleConsumer {
  constructor(
    private readonly ledger: LedgerService,
    private readonly refusals: RefusalsService,
    private readonly records: RecordStore,
    private readonly bus: Bus,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /** Bad messages are set aside; when the store or the bus cannot be had, the whole batch comes again, and counts once. */
  @EventPattern(JOBS_LIFECYCLE, { batch: true })
  async take(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const now = Date.now();
    const aside: Message[] = [];
    const good: Read[] = [];
    for (const message of messages) {
      const read = readLifecycle(message, now, this.limits);
      if (read.ok) good.push({ message, event: read.event });
      else aside.push(deadLetter(message, 'bad-message', read.reason));
    }
    await this.keepDetails(good, now);
    const decided = await Promise.all(good.map((read) => this.decide(read, new Date(now).toISOString())));
    const decisions: Message[] = [];
    for (const { message, outcome, event } of decided) {
      const decision = outcome && decisionOf(event, outcome);
      if (decision)
        decisions.push({
          key: organizationOf(event),
          value: Buffer.from(JSON.stringify(decision)),
          headers: { type: decision.type },
        });
      const why = whySetAside(event, outcome);
      if (why) aside.push(deadLetter(message, why.class, why.reason));
    }
    await this.publish(JOBS_DECISIONS, decisions);
    await this.publish(deadLettersOf(JOBS_LIFECYCLE), aside);
  }

  private async publish(topic: string, messages: readonly Message[]): Promise<void> {
    if (messages.length > 0) await this.bus.publish(topic, messages);
  }

  private async keepDetails(good: readonly Read[], now: number): Promise<void> {
    const jobs = good.flatMap(({ event }) =>
      event.type === 'tallystick.job.submitted'
        ? [
            {
              organizationId: event.data.organizationId,
              projectId: event.data.projectId ?? 'default',
              jobId: event.data.id,
              details: detailsOf(event.data),
            },
          ]
        : [],
    );
    await keepDetails(this.records, jobs, now);
  }

  /** Handed over at once, so that the ledger keeps their order and commits them together. A stopped organization stops only itself. */
  private async decide({ message, event }: Read, now: string): Promise<Decided> {
    const command = commandOf(event, now, message.headers['actor']);
    if (!command) return { message, event };
    try {
      const outcome = await this.ledger.execute(organizationOf(event), command);
      if (outcome.answer.kind === 'refused' && command.type === 'SubmitJob') {
        const { organizationId, projectId } = {
          projectId: command.projectId,
          organizationId: organizationOf(event),
        };
        const submission = {
          organizationId,
          projectId,
          jobId: command.jobId,
          operation: command.job.operation,
        };
        this.refusals.note(submission, { ...outcome.answer, revision: outcome.revision }, now);
      }
      return { message, event, outcome };
    } catch (error) {
      if (isStopped(error)) return { message, event, outcome: 'stopped' };
      throw error;
    }
  }
}

/** A refused submission is answered by its decision; anything else that is refused would be lost without a trace. */
function whySetAside(event: LifecycleEvent, outcome: Decided['outcome']) {
  if (outcome === 'stopped')
    return {
      class: 'parked',
      reason: 'The organization is stopped until an operator has looked at it.',
    } as const;
  if (outcome?.answer.kind !== 'refused' || event.type === 'tallystick.job.submitted') return undefined;
  const { code, message } = outcome.answer.refusal;
  return { class: 'refused', reason: `${code}: ${message}` } as const;
}
