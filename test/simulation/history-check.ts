import { decode, streamOf } from '@tallystick/domain/ledger';
import { type RecordedEvent } from '@tallystick/eventing';
import { chainBreaches } from '@tallystick/eventing-testing';
import { checkAnswer } from './model/answers';
import { RequestedCommands } from './model/requests';
import { LawViolation, equal, check } from './model/check';
import { Organization } from './model/organization';
import type { Scenario } from './scenario';
import type { RunHistory, BalanceRead, CommandAnswer } from './history';

/** All violations of the rules in the log and in the answers of a run. */
export function breaches(history: RunHistory): string[] {
  const found = [...history.problems, ...chainBreaches(history.log)];
  for (const scenario of history.scenarios) {
    const { organizationId } = scenario;
    const mine = <T extends { organizationId: string }>(all: readonly T[]) =>
      all.filter((one) => one.organizationId === organizationId);
    const events = history.log.filter(({ stream }) => stream === streamOf(organizationId));
    const at = { revision: -1 };
    try {
      replay(scenario, events, mine(history.answers), mine(history.reads), at);
    } catch (error) {
      if (!(error instanceof LawViolation)) throw error;
      found.push(`${organizationId} @${at.revision}: ${error.message}`);
    }
  }
  return found;
}

/** Replays the log and checks, after each event, the answers and reads of that revision. */
function replay(
  scenario: Scenario,
  events: readonly RecordedEvent[],
  answers: readonly CommandAnswer[],
  seen: readonly BalanceRead[],
  at: { revision: number },
): void {
  const model = new Organization(new RequestedCommands(scenario));
  const answersAt = byRevision(answers, truthRevision);
  const seenAt = byRevision(seen, ({ revision }) => revision);
  const look = () => {
    for (const one of answersAt.get(at.revision) ?? []) about(one.command, () => checkAnswer(model, one));
    for (const one of seenAt.get(at.revision) ?? []) checkSight(model, one);
    answersAt.delete(at.revision);
    seenAt.delete(at.revision);
  };
  look();
  for (const recorded of events) {
    check(recorded.revision === ++at.revision, () => `revision ${recorded.revision} follows a gap`);
    model.take(decode(recorded));
    look();
  }
  model.assertNothingOwed();
  model.grants.totals();
  check(
    answersAt.size + seenAt.size === 0,
    () => `${[...answersAt.keys(), ...seenAt.keys()].join()} was returned and is not in the log`,
  );
  for (const { jobId, by } of model.reportedContradictions) {
    const recorded = model.jobs.get(jobId)?.contradictedRevision ?? Infinity;
    check(recorded <= by, () => `the contradiction of ${jobId} was reported and is not recorded`);
  }
  for (const job of model.jobs.values()) check(job.status !== 'open', () => `${job.submission.jobId} never ended`);
}

function checkSight(model: Organization, { totals, revision, headBefore }: BalanceRead): void {
  check(revision >= headBefore, () => `a read returned revision ${revision} when the stream was at ${headBefore}`);
  equal(totals, model.grants.totals(), 'the balance that was read');
}

function about(command: CommandAnswer['command'], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof LawViolation) error.message = `answer to ${command.type}: ${error.message}`;
    throw error;
  }
}

/** A repeated answer comes from the index, which can be ahead of the state of the command. */
function truthRevision({ answer, revision }: CommandAnswer): number {
  const repeated = 'repeated' in answer ? answer.repeated : undefined;
  return Math.max(revision, repeated?.revision ?? revision);
}

function byRevision<T>(all: readonly T[], revisionOf: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of all) {
    const group = groups.get(revisionOf(one)) ?? [];
    groups.set(revisionOf(one), group);
    group.push(one);
  }
  return groups;
}
