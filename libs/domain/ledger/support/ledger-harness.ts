import { instantOf, millisecondsOf } from '@tallystick/domain/kernel';
import {
  DEFAULT_POLICY,
  decode,
  evolve,
  initialLedger,
  ledgerDecider,
  type Answer,
  type Command,
  type CommandOf,
  type EventType,
  type FactOf,
  type Ledger,
  type LedgerEvent,
  type Policy,
} from '../src';
import { PLAIN } from './catalogs';

export const START = '2026-11-21T09:30:00.000Z';
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export { DAY } from '@tallystick/domain/kernel';

type Undated<C> = C extends Command ? Omit<C, 'now'> : never;
/** A command without its time, which the harness adds. */
export type TestCommand = Undated<Command>;
/** Milliseconds that pass. */
export interface TimePassed {
  readonly wait: number;
}

export type HarnessStep = TestCommand | TimePassed;

export interface HarnessResult {
  readonly answer: Answer;
  readonly events: readonly LedgerEvent[];
  readonly types: readonly LedgerEvent['type'][];
}

/** One organization's stream with its state and a clock. Runs commands as the command handler does. */
export class LedgerHarness {
  readonly policy: Policy;
  /** One JSON text per event. */
  readonly stored: string[] = [];
  state: Ledger = initialLedger();
  now = START;
  /** Skips the check that deciding does not change the state, for speed. */
  skipsPurityCheck = false;
  /** Called after each event. */
  check: (state: Ledger, event: LedgerEvent) => void = () => undefined;
  private readonly decider;

  constructor(policy: Partial<Policy> = {}) {
    this.policy = { ...DEFAULT_POLICY, catalog: PLAIN, ...policy };
    this.decider = ledgerDecider(this.policy);
  }

  when(request: TestCommand): HarnessResult {
    const command = { now: this.now, ...request } as Command;
    const from = this.stored.length;
    while (this.add(this.unchanged(() => this.decider.due(command, this.state))));
    let decided = this.unchanged(() => this.decider.decide(command, this.state));
    this.add(decided.events);
    for (let { then } = decided; then !== undefined; { then } = decided) {
      const next = then;
      decided = this.unchanged(() => this.decider.decide(next, this.state));
      this.add(decided.events);
    }
    const events = this.stored.slice(from).map(revived);
    return { answer: decided.answer, events, types: events.map(({ type }) => type) };
  }

  run(...steps: HarnessStep[]): this {
    for (const step of steps)
      if ('wait' in step) this.now = instantOf(millisecondsOf(this.now) + step.wait);
      else this.when(step);
    return this;
  }

  private add(events: readonly LedgerEvent[]): boolean {
    for (const event of events) {
      this.stored.push(JSON.stringify(event));
      this.state = evolve(this.state, frozen(event), this.stored.length - 1);
      this.check(this.state, event);
    }
    return events.length > 0;
  }

  /** Fails if `decide` changes the state. */
  private unchanged<T>(decide: () => T): T {
    if (this.skipsPurityCheck) return decide();
    const before = picture(this.state);
    const decided = decide();
    if (picture(this.state) !== before) throw new Error('Deciding has changed the state.');
    return decided;
  }
}

const revived = (text: string): LedgerEvent => decode(JSON.parse(text));

/** An open organization under the default policy, after the steps. */
export const given = (...steps: HarnessStep[]): LedgerHarness => new LedgerHarness().run(OPEN, ...steps);
export const givenUnder = (policy: Partial<Policy>, ...steps: HarnessStep[]): LedgerHarness =>
  new LedgerHarness(policy).run(OPEN, ...steps);

/** The state after replaying stored events. */
export const replayed = (stored: readonly string[]): Ledger =>
  stored.reduce((state, text, revision) => evolve(state, revived(text), revision), initialLedger());

/** The state as text, without undefined members. */
export const picture = (state: Ledger): string =>
  JSON.stringify(state, (_, value: unknown) => (value instanceof Map ? [...value] : value));

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

export const OPEN: TestCommand = { type: 'OpenOrganization', currency: 'USD' };
export const TICK: TestCommand = { type: 'Tick' };

type Extra<Type extends Command['type']> = Partial<CommandOf<Type>>;

export const grant = (grantId: string, credits: number, more: Extra<'GrantCredits'> = {}): TestCommand => ({
  type: 'GrantCredits',
  grantId,
  credits,
  kind: 'top-up',
  reason: 'test',
  ...more,
});
export const revoke = (grantId: string): TestCommand => ({ type: 'RevokeCredits', grantId, reason: 'test' });
/** A job with a number of pages, at one credit per page. */
export const submit = (jobId: string, pages: number, more: Extra<'SubmitJob'> = {}): TestCommand => ({
  type: 'SubmitJob',
  jobId,
  projectId: 'p1',
  job: { operation: 'read', usage: { pages } },
  ...more,
});
export const complete = (jobId: string, pages?: number, more: Extra<'EndJob'> = {}): TestCommand => ({
  type: 'EndJob',
  jobId,
  outcome: { kind: 'completed', ...(pages !== undefined && { usage: { pages } }) },
  ...more,
});
export const fail = (jobId: string, reason: 'failed' | 'incomplete' = 'failed'): TestCommand => ({
  type: 'EndJob',
  jobId,
  outcome: { kind: 'failed', reason },
});
export const heartbeat = (jobId: string): TestCommand => ({ type: 'ExtendJob', jobId });
export const draw = { operation: 'draw' } as const;
export const wait = (milliseconds: number): TimePassed => ({ wait: milliseconds });
export const at = (sinceStart: number): string => instantOf(millisecondsOf(START) + sinceStart);

/** `[available, reserved, consumed, expired, revoked]` of the organization, or of one grant with available or reserved credits. */
export function places(harness: LedgerHarness, grantId?: string): number[] | undefined {
  const amounts = grantId === undefined ? harness.state.balance : harness.state.balance.grants.get(grantId);
  return amounts && [amounts.available, amounts.reserved, amounts.consumed, amounts.expired, amounts.revoked];
}

export const codeOf = ({ answer }: HarnessResult): string =>
  answer.kind === 'refused' ? answer.refusal.code : answer.kind;
export const dataOf = <Type extends EventType>({ events }: HarnessResult, type: Type) =>
  events.flatMap((event) => (event.type === type ? [event.data as FactOf<Type>] : []));
