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
import { deadLetter } from '@tallystick/hosting';
import { decisionMessage, whyRefused, type Decided } from './decision-messages';
import { LedgerService } from '../commands/ledger.service';
import { commandOf, organizationOf, readLifecycle } from './lifecycle-messages';
import { RefusalsService } from '../commands/refusals.service';

interface Read {
  readonly message: ReceivedMessage;
  readonly event: LifecycleEvent;
}

/** Nothing where a message moves nothing. */
type Verdict = CommandResult<Answer> | StreamQuarantined | undefined;

export interface Readable {
  readonly good: readonly Read[];
  /** Set aside already: dead letters that are to be published. */
  readonly bad: readonly Message[];
}

/** A message of a stopped organization. `fault`: where that was found out just now. */
export interface Waiting {
  readonly message: ReceivedMessage;
  readonly organizationId: string;
  readonly fault?: StreamQuarantined;
}

const NONE: ReadonlySet<string> = new Set();

/** What messages of jobs.lifecycle lead to, whether they come over the bus or have waited among the dead letters. */
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

  read(messages: readonly ReceivedMessage[]): Readable {
    const now = this.clock.now();
    const good: Read[] = [];
    const bad: Message[] = [];
    for (const message of messages) {
      const read = readLifecycle(message, now, this.limits);
      if (read.ok) good.push({ message, event: read.event });
      else bad.push(deadLetter(message, 'bad-message', read.reason));
    }
    return { good, bad };
  }

  /**
   * Decides in order, publishes the decisions and sets aside what is bad or refused. Answers those that have to wait, in order:
   * all of the organizations in `parked`, and those of any other one from the first on that met a fault. `decided` is told of
   * each organization that is through.
   */
  async decide(
    { good, bad }: Readable,
    parked: ReadonlySet<string> = NONE,
    decided: () => Promise<void> = async () => undefined,
  ): Promise<readonly Waiting[]> {
    const now = this.clock.now();
    const at = new Date(now).toISOString();
    const due = good.filter(({ event }) => !parked.has(organizationOf(event)));
    await this.keepDetails(due, now);
    const verdicts = await this.verdictsOn(due, at, decided);
    // (published after it, so that whoever hears of a "no" can look it up)
    await this.refusals.kept();
    const { through, waiting } = inOrder(good, verdicts, parked);
    const aside = through.flatMap(({ message, event, outcome }) => {
      const reason = whyRefused(event, outcome);
      return reason === undefined ? [] : [deadLetter(message, 'refused', reason)];
    });
    await this.publish(
      JOBS_DECISIONS,
      through.flatMap(({ event, outcome }) => decisionMessage(event, outcome)),
    );
    await this.publish(deadLettersOf(JOBS_LIFECYCLE), [...bad, ...aside]);
    return waiting;
  }

  /** All at once, so that organizations run side by side and each of them keeps its order. */
  private async verdictsOn(
    reads: readonly Read[],
    now: string,
    decided: () => Promise<void>,
  ): Promise<ReadonlyMap<Read, Verdict>> {
    const groups = new Map<string, Promise<readonly [Read, Verdict]>[]>();
    for (const read of reads) {
      const organizationId = organizationOf(read.event);
      const group = groups.get(organizationId) ?? [];
      groups.set(organizationId, group);
      group.push(this.decideOne(read, now).then((verdict) => [read, verdict] as const));
    }
    const through = async (group: readonly Promise<readonly [Read, Verdict]>[]) => {
      const verdicts = await Promise.all(group);
      await decided();
      return verdicts;
    };
    return new Map((await Promise.all([...groups.values()].map(through))).flat());
  }

  private async publish(topic: string, messages: readonly Message[]): Promise<void> {
    if (messages.length > 0) await this.bus.publish(topic, messages);
  }

  private async keepDetails(reads: readonly Read[], now: number): Promise<void> {
    const jobs = reads.flatMap(({ event }) =>
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
  private async decideOne({ message, event }: Read, now: string): Promise<Verdict> {
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

/** Behind the first message of an organization that has to wait, all others of it wait too. */
function inOrder(
  reads: readonly Read[],
  verdicts: ReadonlyMap<Read, Verdict>,
  parked: ReadonlySet<string>,
): { readonly through: Decided[]; readonly waiting: Waiting[] } {
  const stopped = new Set(parked);
  const through: Decided[] = [];
  const waiting: Waiting[] = [];
  for (const read of reads) {
    const verdict = verdicts.get(read);
    const organizationId = organizationOf(read.event);
    const fault = verdict instanceof StreamQuarantined ? verdict : undefined;
    if (fault) stopped.add(organizationId);
    if (stopped.has(organizationId)) waiting.push({ message: read.message, organizationId, fault });
    else if (verdict && !(verdict instanceof StreamQuarantined)) through.push({ ...read, outcome: verdict });
  }
  return { through, waiting };
}
