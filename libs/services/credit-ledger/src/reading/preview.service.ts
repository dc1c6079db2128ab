import { Inject, Injectable } from '@nestjs/common';
import { POLICY } from '../policy';
import { type PreviewReply, type Submission } from '@tallystick/contracts/ledger';
import { rate } from '@tallystick/domain/catalog';
import {
  evolve,
  ledgerDecider,
  loadLedger,
  saveLedger,
  type Command,
  type Ledger,
  type Policy,
} from '@tallystick/domain/ledger';
import { submitCommand } from '../commands/ledger-mapping';
import { LedgerService } from '../commands/ledger.service';

/** Decides submissions on a copy of the ledger's state: the real rules, and nothing is kept. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly ledger: LedgerService,
    @Inject(POLICY) private readonly policy: Policy,
  ) {}

  /** Previews a batch in order: each submission on the state that the earlier ones of its organization would leave. */
  async preview(submissions: readonly Submission[], now: string): Promise<readonly PreviewReply[]> {
    const copies = new Map<string, { scratch: Scratch; revision: number }>();
    const replies: PreviewReply[] = [];
    for (const submission of submissions) {
      const { organizationId } = submission;
      const copy = copies.get(organizationId) ?? (await this.copy(organizationId, submissions));
      copies.set(organizationId, copy);
      replies.push(this.reply(copy.scratch, copy.revision, submission, now));
    }
    return replies;
  }

  private async copy(organizationId: string, submissions: readonly Submission[]) {
    const jobIds = new Set(
      submissions.filter((one) => one.organizationId === organizationId).map(({ jobId }) => jobId),
    );
    const { value, revision } = await this.ledger.read(organizationId, (ledger) => saveLedger(only(ledger, jobIds)));
    return { scratch: new Scratch(this.policy, loadLedger(value)), revision };
  }

  private reply(scratch: Scratch, revision: number, submission: Submission, now: string): PreviewReply {
    const command = submitCommand(submission, now);
    scratch.applyDue(command);
    const rated = rate(this.policy.catalog, command.job);
    const rating = rated.ok ? { rating: { ...rated.rating }, credits: rated.rating.credits } : {};
    const available = rated.ok ? { available: scratch.available(rated.rating.operation) } : {};
    const answer = scratch.decide(command);
    if (answer.kind === 'reserved') return { accepted: true, ...rating, ...available, draws: answer.draws, revision };
    return {
      accepted: false,
      ...rating,
      ...available,
      revision,
      ...(answer.kind === 'refused' && { refusal: answer.refusal }),
    };
  }
}

/** Copies only the requested jobs. */
const only = (ledger: Ledger, jobIds: ReadonlySet<string>): Ledger => ({
  ...ledger,
  jobs: new Map([...jobIds].flatMap((id) => (ledger.jobs.has(id) ? [[id, ledger.jobs.get(id)!]] : []))),
  settled: new Map([...jobIds].flatMap((id) => (ledger.settled.has(id) ? [[id, ledger.settled.get(id)!]] : []))),
  early: new Map(),
  contradicted: new Map(),
});

class Scratch {
  private readonly decider;
  private revision = 0;

  constructor(
    policy: Policy,
    private ledger: Ledger,
  ) {
    this.decider = ledgerDecider(policy);
  }

  applyDue(command: Command): void {
    for (let due = this.decider.due(command, this.ledger); due.length > 0; due = this.decider.due(command, this.ledger))
      for (const event of due) this.ledger = evolve(this.ledger, event, this.revision++);
  }

  available = (operation: string): number => this.ledger.burnDown.available(operation);

  decide(command: Command) {
    const { events, answer } = this.decider.decide(command, this.ledger);
    for (const event of events) this.ledger = evolve(this.ledger, event, this.revision++);
    return answer;
  }
}
