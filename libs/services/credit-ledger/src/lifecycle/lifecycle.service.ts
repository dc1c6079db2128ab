import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, type Limits } from '@tallystick/contracts/http';
import { detailsOf, keepDetails, type LifecycleEvent } from '@tallystick/contracts/intake';
import { deadLettersOf, JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import type { Answer } from '@tallystick/domain/ledger';
import {
  Bus,
  RecordStore,
  StreamQuarantined,
  type Message,
  type CommandResult,
  type ReceivedMessage,
} from '@tallystick/eventing';
import { deadLetter, type UndecidedMessage } from '@tallystick/hosting';
import { decisionMessage, whyRefused, type Decided } from './decision-messages';
import { LedgerService } from '../commands/ledger.service';
import { commandOf, organizationOf, readLifecycle } from './lifecycle-messages';
import { RefusalsService } from '../commands/refusals.service';

interface LifecycleMessage {
  readonly message: ReceivedMessage;
  readonly event: LifecycleEvent;
}

/** Undefined for a message that needs no decision. */
type Verdict = CommandResult<Answer> | StreamQuarantined | undefined;

/** A batch of messages after validation. */
export interface LifecycleBatch {
  readonly valid: readonly LifecycleMessage[];
  /** The invalid messages, as they are published as dead letters. */
  readonly deadLetters: readonly Message[];
}

const NONE: ReadonlySet<string> = new Set();

/** Decides messages of jobs.lifecycle, from the bus or from the dead letters of a released organization. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly ledger: LedgerService,
    private readonly refusals: RefusalsService,
    private readonly records: RecordStore,
    private readonly bus: Bus,
    @Inject(LIMITS) private readonly limits: Limits,
    private readonly clock: Clock,
  ) {}

  read(messages: readonly ReceivedMessage[]): LifecycleBatch {
    const now = this.clock.now();
    const valid: LifecycleMessage[] = [];
    const deadLetters: Message[] = [];
    for (const message of messages) {
      const read = readLifecycle(message, now, this.limits);
      if (read.ok) valid.push({ message, event: read.event });
      else deadLetters.push(deadLetter(message, 'bad-message', read.reason));
    }
    return { valid, deadLetters };
  }

  /**
   * Decides in order, publishes the decisions, and the dead letters of invalid and refused messages. Returns the messages that
   * must be parked, in order: all of the organizations in `parked`, and those of any other from the first one that met an error.
   * Calls `decided` after each organization.
   */
  async decide(
    { valid, deadLetters }: LifecycleBatch,
    parked: ReadonlySet<string> = NONE,
    decided: () => Promise<void> = async () => undefined,
  ): Promise<readonly UndecidedMessage[]> {
    const now = this.clock.now();
    const at = new Date(now).toISOString();
    const due = valid.filter(({ event }) => !parked.has(organizationOf(event)));
    await this.keepDetails(due, now);
    const verdicts = await this.verdictsOn(due, at, decided);
    // (before the decision is published, so that its receiver can read the audit record)
    await this.refusals.kept();
    const { decisions, undecided } = inOrder(valid, verdicts, parked);
    const refused = decisions.flatMap(({ message, event, outcome }) => {
      const reason = whyRefused(event, outcome);
      return reason === undefined ? [] : [deadLetter(message, 'refused', reason)];
    });
    await this.publish(
      JOBS_DECISIONS,
      decisions.flatMap(({ event, outcome }) => decisionMessage(event, outcome)),
    );
    await this.publish(deadLettersOf(JOBS_LIFECYCLE), [...deadLetters, ...refused]);
    return undecided;
  }

  /** All at once, so that organizations run side by side and each of them keeps its order. */
  private async verdictsOn(
    messages: readonly LifecycleMessage[],
    now: string,
    decided: () => Promise<void>,
  ): Promise<ReadonlyMap<LifecycleMessage, Verdict>> {
    const groups = new Map<string, Promise<readonly [LifecycleMessage, Verdict]>[]>();
    for (const read of messages) {
      const organizationId = organizationOf(read.event);
      const group = groups.get(organizationId) ?? [];
      groups.set(organizationId, group);
      group.push(this.decideOne(read, now).then((verdict) => [read, verdict] as const));
    }
    const through = async (group: readonly Promise<readonly [LifecycleMessage, Verdict]>[]) => {
      const verdicts = await Promise.all(group);
      await decided();
      return verdicts;
    };
    return new Map((await Promise.all([...groups.values()].map(through))).flat());
  }

  private async publish(topic: string, messages: readonly Message[]): Promise<void> {
    if (messages.length > 0) await this.bus.publish(topic, messages);
  }

  private async keepDetails(messages: readonly LifecycleMessage[], now: number): Promise<void> {
    const jobs = messages.flatMap(({ event }) =>
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

  /** Called for all at once, so that the ledger keeps their order and commits them together. */
  private async decideOne({ message, event }: LifecycleMessage, now: string): Promise<Verdict> {
    const command = commandOf(event, now, message.headers);
    if (!command) return undefined;
    try {
      const outcome = await this.ledger.execute(organizationOf(event), command);
      if (command.type === 'SubmitJob' && outcome.answer.kind === 'refused') {
        const { projectId, jobId, job } = command;
        const submission = { organizationId: organizationOf(event), projectId, jobId, operation: job.operation };
        this.refusals.note(submission, { ...outcome.answer, revision: outcome.revision }, now);
      }
      return outcome;
    } catch (error) {
      if (error instanceof StreamQuarantined) return error;
      throw error;
    }
  }
}

/** Behind the first message of an organization that must be parked, all others of it are parked too. */
function inOrder(
  messages: readonly LifecycleMessage[],
  verdicts: ReadonlyMap<LifecycleMessage, Verdict>,
  parked: ReadonlySet<string>,
): { readonly decisions: Decided[]; readonly undecided: UndecidedMessage[] } {
  const stopped = new Set(parked);
  const decisions: Decided[] = [];
  const undecided: UndecidedMessage[] = [];
  for (const read of messages) {
    const verdict = verdicts.get(read);
    const entityId = organizationOf(read.event);
    const error = verdict instanceof StreamQuarantined ? verdict : undefined;
    if (error) stopped.add(entityId);
    if (stopped.has(entityId)) undecided.push({ message: read.message, entityId, error });
    else if (verdict && !(verdict instanceof StreamQuarantined)) decisions.push({ ...read, outcome: verdict });
  }
  return { decisions, undecided };
}
