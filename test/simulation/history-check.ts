import { decode, streamOf } from '@tallystick/domain/ledger';
import { type RecordedEvent } from '@tallystick/eventing';
import { chainBreaches } from '@tallystick/eventing-testing';
import { checkAnswer } from './model/answers';
import { Intentions } from './model/requests';
import { Breach, equal, must } from './model/check';
import { Organization } from './model/organization';
import type { Scenario } from './scenario';
import type { History, Seen, Told } from './history';

/** Every way in which the stored log and the answers that were given out break the law. */
export function breaches(history: History): string[] {
  const found = [...history.problems, ...chainBreaches(history.log)];
  for (const scenario of history.scenarios) {
    const { organizationId } = scenario;
    const mine = <T extends { organizationId: string }>(all: readonly T[]) =>
      all.filter((one) => one.organizationId === organizationId);
    const events = history.log.filter(({ stream }) => stream === streamOf(organizationId));
    const at = { revision: -1 };
    try {
      replay(scenario, events, mine(history.told), mine(history.seen), at);
    } catch (error) {
      if (!(error instanceof Breach)) throw error;
      found.push(`${organizationId} @${at.revision}: ${error.message}`);
    }
  }
  return found;
}

/** Event by event; after each, what was said of that revision. */
function replay(
  scenario: Scenario,
  events: readonly RecordedEvent[],
  told: readonly Told[],
  seen: readonly Seen[],
  at: { revision: number },
): void {
  const books = new Organization(new Intentions(scenario));
  const toldAt = byRevision(told, truthRevision);
  const seenAt = byRevision(seen, ({ revision }) => revision);
  const look = () => {
    for (const one of toldAt.get(at.revision) ?? []) about(one.command, () => checkAnswer(books, one));
    for (const one of seenAt.get(at.revision) ?? []) checkSight(books, one);
    toldAt.delete(at.revision);
    seenAt.delete(at.revision);
  };
  look();
  for (const recorded of events) {
    must(recorded.revision === ++at.revision, () => `revision ${recorded.revision} follows a gap`);
    books.take(decode(recorded));
    look();
  }
  books.assertNothingOwed();
  books.grants.totals();
  must(
    toldAt.size + seenAt.size === 0,
    () => `${[...toldAt.keys(), ...seenAt.keys()].join()} was named and is not in the log`,
  );
  for (const { jobId, by } of books.toldContradicted) {
    const recorded = books.jobs.get(jobId)?.contradictedRevision ?? Infinity;
    must(recorded <= by, () => `the contradiction of ${jobId} was told and is not recorded`);
  }
  for (const job of books.jobs.values()) must(job.status !== 'open', () => `${job.submission.jobId} never ended`);
}

function checkSight(books: Organization, { totals, revision, headBefore }: Seen): void {
  must(revision >= headBefore, () => `a reader saw revision ${revision} when the stream stood at ${headBefore}`);
  equal(totals, books.grants.totals(), 'the balance that was read');
}

function about(command: Told['command'], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Breach) error.message = `answer to ${command.type}: ${error.message}`;
    throw error;
  }
}

/** A repeated answer comes from the index, which may be ahead of the state that it was asked for with. */
function truthRevision({ answer, revision }: Told): number {
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
