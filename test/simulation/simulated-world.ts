import { streamOf } from '@tallystick/domain/ledger';
import { DAY, instantOf } from '@tallystick/domain/kernel';
import { CommandAborted, StoreUnavailable, UnknownOutcome } from '@tallystick/eventing';
import type { RunHistory, BalanceRead, CommandAnswer } from './history';
import { ledgerTransactor, type SimulatedTransactor } from './process';
import { Random } from './random';
import { scenario, timed, type ScenarioMessage, type Scenario } from './scenario';
import { microtasksDone, ProcessLife, TurnScheduler } from './scheduler';
import { SimulatedConnection, type SimulatedServer } from './server';
import { SettledIndex } from './settled-index';
import type { Strategy } from './strategy';

interface SimulatedProcess {
  readonly name: string;
  readonly life: ProcessLife;
  readonly transactor: SimulatedTransactor;
  readonly index: SettledIndex;
  /** Milliseconds that its clock is ahead. */
  readonly skew: number;
}

/** Maximum number of steps of a run. */
const MOST_STEPS = 10_000;
/** No fault is injected after this step, so that the run ends. */
const CALM_STEPS = 1_500;
const LEAPS = [60_000, 300_000, 900_000, 7_200_000, DAY];

/** A run of one seed: processes start and crash, the store fails, the clock jumps, and messages are repeated. */
export class SimulatedWorld {
  private readonly random: Random;
  private readonly scheduler: TurnScheduler;
  private readonly server: SimulatedServer;
  private readonly scenarios: Scenario[];
  private processes: SimulatedProcess[] = [];
  private now: number;
  private ids = 0;
  private born = 0;
  private awaySteps = 0;
  private isClosing = false;
  /** The committed position of each topic. */
  private readonly committed = new Map<string, number>();
  private readonly consumed = new Map<string, () => void>();
  private unfinished = 0;
  private readonly answers: CommandAnswer[] = [];
  private readonly seen: BalanceRead[] = [];
  private readonly problems: string[] = [];

  constructor(
    seed: number,
    private readonly strategy: Strategy,
    private readonly note: (line: () => string) => void = () => undefined,
  ) {
    this.random = new Random(seed * 7919);
    this.scheduler = new TurnScheduler(this.random);
    this.server = strategy.server(this.random);
    this.now = Date.UTC(2026, this.random.below(12), this.random.between(1, 31), this.random.below(24));
    this.scenarios = Array.from({ length: this.random.between(1, 2) }, (_, i) =>
      scenario(this.random, `o${i}`, this.now),
    );
  }

  async run(): Promise<RunHistory> {
    await this.start();
    for (const it of this.scenarios) this.background(this.organization(it));
    for (let step = 0; this.unfinished > 0 && this.problems.length === 0; step++) {
      if (step > MOST_STEPS) this.problems.push('the run does not end');
      await this.happen(step > CALM_STEPS);
      if (!(await this.scheduler.next())) this.problems.push('all work is blocked');
    }
    if (this.problems.length === 0) await this.close();
    const { events: log } = await this.server.readLog(-1, 1_000_000, '');
    const { answers, seen, scenarios, problems } = this;
    return { log, answers, reads: seen, scenarios, problems };
  }

  private background(work: Promise<void>): void {
    this.unfinished += 1;
    work.catch((error: unknown) => this.problems.push(String(error))).finally(() => (this.unfinished -= 1));
  }

  private async start(): Promise<void> {
    const life = new ProcessLife();
    const { server, scheduler, random, strategy } = this;
    const index = new SettledIndex(server);
    await index.catchUp();
    const store = new SimulatedConnection(server, scheduler, random, life);
    const newId = () => `e${++this.ids}`;
    const transactor = ledgerTransactor({ store, index, scheduler, random, life, strategy, newId });
    const process = { name: `P${++this.born}`, life, transactor, index, skew: random.below(30) * 1_000 };
    this.processes.push(process);
    this.note(() => `${process.name} starts`);
    for (const { organizationId, topic } of this.scenarios)
      if (this.committed.has(organizationId)) void this.consume(process, organizationId, topic);
  }

  /** Opens the organization. Then every process consumes its topic, and callers send commands concurrently. */
  private async organization({ organizationId, opening, topic, calls }: Scenario): Promise<void> {
    for (const message of opening) await this.call(organizationId, message);
    const consumed = new Promise<void>((resolve) => this.consumed.set(organizationId, resolve));
    this.committed.set(organizationId, 0);
    for (const process of this.processes) void this.consume(process, organizationId, topic);
    const callers = this.random.between(1, 3);
    for (let first = 0; first < callers; first++)
      this.background(
        this.caller(
          organizationId,
          calls.filter((_, at) => at % callers === first),
        ),
      );
    if (topic.length > 0) await consumed;
  }

  private async caller(organizationId: string, calls: readonly ScenarioMessage[]): Promise<void> {
    for (const message of calls) {
      for (let rest = this.random.below(10); rest > 0; rest--) await this.scheduler.turn();
      await this.call(organizationId, message);
    }
  }

  /** Delivers batches in order until each is acknowledged. Another consumer starts at the committed position. */
  private async consume(
    process: SimulatedProcess,
    organizationId: string,
    topic: readonly ScenarioMessage[],
  ): Promise<void> {
    for (let position = this.committed.get(organizationId)!; position < topic.length && !this.isClosing;) {
      const batch = topic.slice(position, position + this.random.between(1, 6));
      const asked = await Promise.all(batch.map((message) => this.ask(process, organizationId, message)));
      for (let rest = asked.includes(false) ? 5 : 1; rest > 0; rest--) await this.scheduler.turn(process.life);
      if (asked.includes(false)) continue;
      position += batch.length;
      if (position < topic.length && this.random.chance(0.3)) continue;
      this.committed.set(organizationId, Math.max(position, this.committed.get(organizationId)!));
      if (position >= topic.length) this.consumed.get(organizationId)!();
    }
  }

  /** A caller that repeats a command, to any process, until it gets an answer. */
  private async call(organizationId: string, message: ScenarioMessage): Promise<void> {
    for (let isAnswered = false; !isAnswered;) {
      for (let rest = this.random.below(3); rest >= 0; rest--) await this.scheduler.turn();
      const process = this.random.pick(this.processes);
      if (this.random.chance(0.2)) await Promise.race([this.look(process, organizationId), process.life.over]);
      const asked = this.ask(process, organizationId, message);
      isAnswered = (await Promise.race([asked, process.life.over])) ?? false;
    }
  }

  private async ask(process: SimulatedProcess, organizationId: string, message: ScenarioMessage): Promise<boolean> {
    const command = timed(message, this.now + process.skew);
    const stream = streamOf(organizationId);
    const headBefore = this.server.head(stream);
    this.note(() => `${process.name} ${organizationId} is asked ${text(command)}`);
    try {
      const { answer, revision } = await process.transactor.execute(stream, command);
      if (process.life.isOver) return false;
      const headAfter = this.server.head(stream);
      this.answers.push({ organizationId, command, answer, revision, headBefore, headAfter });
      this.note(() => `${process.name} ${organizationId} says @${revision} ${text(answer)} to ${command.type}`);
      return true;
    } catch (error) {
      return this.failed(process, organizationId, error);
    }
  }

  private async look(process: SimulatedProcess, organizationId: string): Promise<void> {
    const headBefore = this.server.head(streamOf(organizationId));
    try {
      const { value: totals, revision } = await process.transactor.read(
        streamOf(organizationId),
        ({ balance: { grants: _grants, ended: _ended, ...amounts } }) => ({ ...amounts }),
      );
      this.seen.push({ organizationId, totals, revision, headBefore });
    } catch (error) {
      this.failed(process, organizationId, error);
    }
  }

  private failed(process: SimulatedProcess, organizationId: string, error: unknown): false {
    this.note(() => `${process.name} ${organizationId} ${String(error)}`);
    const isPassing = [StoreUnavailable, CommandAborted, UnknownOutcome].some((kind) => error instanceof kind);
    if (!isPassing) this.problems.push(String(error));
    return false;
  }

  /** Events between two turns: time passes, faults happen. */
  private async happen(isCalm: boolean): Promise<void> {
    const { random, server } = this;
    this.now += 300;
    server.isAway = --this.awaySteps > 0;
    server.isCalm = isCalm;
    const chance = random.next();
    if (chance > 0.25) return;
    if (chance > 0.1) return random.pick(this.processes).index.catchUp(random.between(1, 15));
    if (chance > 0.05) return server.arriveLate();
    if (isCalm) return;
    if (chance < 0.015) this.leap(random.pick(LEAPS));
    else if (chance < 0.021) server.restart();
    else if (chance < 0.027) this.awaySteps = random.between(5, 20);
    else if (chance < 0.036) await this.crash();
    else if (chance < 0.05 && this.processes.length < 3) await this.start();
  }

  private leap(milliseconds: number): void {
    this.now += milliseconds;
    this.note(() => `the clock jumps to ${instantOf(this.now)}`);
  }

  private async crash(): Promise<void> {
    const process = this.random.pick(this.processes);
    this.note(() => `${process.name} is gone`);
    process.life.end();
    this.processes = this.processes.filter((other) => other !== process);
    if (this.processes.length === 0) await this.start();
    await microtasksDone();
  }

  /** Delivers late appends, lets every time-out pass, and reads the final state in every process. */
  private async close(): Promise<void> {
    this.isClosing = true;
    this.server.isCalm = true;
    this.server.isAway = false;
    for (let i = 0; i < 100; i++) this.server.arriveLate();
    await this.drain();
    this.leap(DAY);
    for (const process of this.processes)
      for (const { organizationId } of this.scenarios) {
        this.background(this.ask(process, organizationId, { command: { type: 'Tick' } }).then());
        this.background(this.look(process, organizationId));
      }
    await this.drain();
    if (this.unfinished > 0) this.problems.push('the end is never reached');
  }

  private async drain(): Promise<void> {
    for (let step = 0; step < MOST_STEPS; step++) if (!(await this.scheduler.next())) return;
    this.problems.push('the work does not end');
  }
}

const text = (value: unknown): string =>
  JSON.stringify(value, (name, member: unknown) => (['now', 'rating', 'message'].includes(name) ? undefined : member));
