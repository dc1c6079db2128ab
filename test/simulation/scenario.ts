import type { Command, CommandOf, Outcome } from '@tallystick/domain/ledger';
import { instantOf, type Instant } from '@tallystick/domain/kernel';
import type { Random } from './random';

export type Untimed<C = Command> = C extends Command ? Omit<C, 'now'> : never;
type JobCommand = Untimed<CommandOf<'SubmitJob'> | CommandOf<'EndJob'> | CommandOf<'ExtendJob'>>;

/** A job of a producer. `startedAt` is the time of all its messages: the time of the first one. */
export interface JobPlan {
  readonly jobId: string;
  startedAt?: Instant;
}

export interface ScenarioMessage {
  readonly command: Untimed;
  readonly job?: JobPlan;
}

/** The input of one organization: a topic in order, and concurrent calls. */
export interface Scenario {
  readonly organizationId: string;
  readonly opening: readonly ScenarioMessage[];
  readonly topic: readonly ScenarioMessage[];
  readonly calls: readonly ScenarioMessage[];
}

export function timed({ command, job }: ScenarioMessage, milliseconds: number): Command {
  const now = instantOf(milliseconds);
  if (!job) return { ...command, now };
  job.startedAt ??= now;
  return { ...command, now, occurredAt: job.startedAt };
}

export function scenario(random: Random, organizationId: string, start: number): Scenario {
  const topic: ScenarioMessage[] = [];
  const calls: ScenarioMessage[] = [];
  const jobs = random.between(2, 6);
  for (let number = 0; number < jobs; number++) {
    const job = { jobId: jobId(random, `j${number}`, start) };
    const send = (command: JobCommand) => (random.chance(0.8) ? topic : calls).push({ command, job });
    for (const command of jobMessages(random, job.jobId)) send(command);
  }
  for (const message of [...topic]) if (random.chance(0.2)) topic.splice(random.below(topic.length + 1), 0, message);
  for (let i = 0; i + 1 < topic.length; i++) if (random.chance(0.15)) topic.splice(i, 2, topic[i + 1]!, topic[i]!);
  for (const command of administration(random, start)) calls.push({ command });
  for (const message of [...calls]) if (random.chance(0.25)) calls.push(message);
  return { organizationId, opening: opening(random).map((command) => ({ command })), topic, calls };
}

/** Half of the ids contain their time. */
function jobId(random: Random, name: string, start: number): string {
  if (random.chance(0.5)) return name;
  const hex = start.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${name.replace('j', '').padStart(12, '0')}`;
}

function jobMessages(random: Random, id: string): JobCommand[] {
  const operation = random.chance(0.7) ? 'read' : 'draw';
  const features = random.chance(0.2) ? ['structured', 'custom'] : undefined;
  const pages = random.between(1, 8);
  const submit: JobCommand = {
    type: 'SubmitJob',
    jobId: id,
    projectId: random.chance(0.6) ? 'p1' : 'p2',
    apiKeyId: random.chance(0.5) ? 'k1' : undefined,
    job: { operation, usage: { pages }, features },
  };
  const messages: JobCommand[] = [submit];
  for (let i = random.below(3); i > 0; i--) messages.push({ type: 'ExtendJob', jobId: id });
  if (random.chance(0.85)) messages.push({ type: 'EndJob', jobId: id, outcome: outcome(random, pages) });
  if (random.chance(0.15)) messages.push({ type: 'EndJob', jobId: id, outcome: outcome(random, pages) });
  if (random.chance(0.08)) messages.push({ ...submit, job: { ...submit.job, usage: { pages: pages + 1 } } });
  return messages;
}

function outcome(random: Random, pages: number): Outcome {
  if (random.chance(0.3)) return { kind: 'failed', reason: random.chance(0.5) ? 'failed' : 'incomplete' };
  if (random.chance(0.3)) return { kind: 'completed' };
  return { kind: 'completed', usage: { pages: random.below(pages * 2) } };
}

const opening = (random: Random): Untimed[] => [
  { type: 'OpenOrganization', currency: 'USD' },
  ...(random.chance(0.6) ? [{ type: 'SetPlan', plan: 'steady' } as const] : []),
  {
    type: 'GrantCredits',
    grantId: 'first',
    kind: 'top-up',
    credits: random.between(5, 60),
    reason: 'bought',
  },
];

function administration(random: Random, start: number): Untimed[] {
  const commands: Untimed[] = [];
  for (let i = random.below(5); i > 0; i--) commands.push(grant(random, start));
  for (let i = random.below(3); i > 0; i--) commands.push(cap(random));
  for (let i = random.below(3); i > 0; i--)
    commands.push({ type: 'SetOverage', overage: random.chance(0.5) ? 'pay-as-you-go' : 'none' });
  if (random.chance(0.3)) commands.push({ type: 'RevokeCredits', grantId: random.pick(GRANTS), reason: 'paid back' });
  for (let i = random.below(4); i > 0; i--) commands.push({ type: 'Tick' });
  for (let i = random.below(3); i > 0; i--) commands.push({ type: 'CloseJobWindow' });
  return commands;
}

const GRANTS = ['first', 'g0', 'g1', 'g2'];

/** Few ids, so that some grants are repeated or conflict. */
function grant(random: Random, start: number): Untimed {
  const number = random.below(3);
  const kind = random.pick(['package', 'top-up', 'promotional'] as const);
  return {
    type: 'GrantCredits',
    grantId: `g${number}`,
    kind,
    credits: random.between(5, 40),
    scope: random.chance(0.3) ? ['read'] : undefined,
    expiresAt:
      random.chance(0.6) || kind === 'package' ? instantOf(start + random.between(1, 200) * 300_000) : undefined,
    reason: 'bought',
  };
}

const cap = (random: Random): Untimed => ({
  type: 'SetBudgetCap',
  target: random.chance(0.6) ? { projectId: random.pick(['p1', 'p2']) } : { apiKeyId: 'k1' },
  credits: random.chance(0.8) ? random.between(0, 50) : undefined,
});
