import { Injectable, Optional } from '@nestjs/common';
import { EventStore, RecordStore, ViewStore, type Table } from '@tallystick/eventing';
import { Readiness } from '@tallystick/contracts/http';

type Check = Parameters<Readiness['add']>[1];

/** A check that takes longer has failed. */
const PATIENCE = 2_000;
const NOTE = 'ok: ';
const PROBE = '\u0000probe';
const NO_TABLE: Table = { name: PROBE, columns: {}, key: [], indexes: [] };

/** The conditions of readiness: the stores answer, the services are up to date, no stop was requested. */
@Injectable()
export class HealthRegistry extends Readiness {
  private readonly checks = new Map<string, Check>();
  private lost = false;
  private state: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(records: RecordStore, @Optional() events?: EventStore, @Optional() views?: ViewStore) {
    super();
    this.add('service', () => (this.state === 'serving' ? undefined : this.state));
    if (events) this.add('event store', () => stateOf(events));
    if (views)
      this.add('view store', async () => {
        await views.checkpoint(NO_TABLE);
        return (await views.health()).fault;
      });
    this.add('record store', async () => {
      await records.get(PROBE, [PROBE], 0);
      return (await records.health()).fault;
    });
  }

  override add(name: string, check: Check): void {
    this.checks.set(name, check);
  }

  setState(state: 'serving' | 'stopping'): void {
    this.state = state;
  }

  /** Whether a check failed in the last run; while the process serves, the checks run every second. */
  get isLost(): boolean {
    return this.state === 'serving' && this.lost;
  }

  /** Runs the checks periodically, also without requests. Returns the function that stops it. */
  watch(everyMilliseconds = 1_000): () => void {
    const looking = setInterval(() => void this.all(), everyMilliseconds).unref();
    return () => clearInterval(looking);
  }

  /** Name → "ok", "ok: " with a note, or the fault. */
  async all(): Promise<Readonly<Record<string, string>>> {
    const asked = [...this.checks].map(async ([name, check]) => [name, await outcomeOf(check)] as const);
    const outcomes = await Promise.all(asked);
    this.lost = !outcomes.every(([, outcome]) => isOk(outcome));
    return Object.fromEntries(outcomes);
  }
}

/** "ok", optionally with a note for the operator. */
export const isOk = (outcome: string): boolean => outcome === 'ok' || outcome.startsWith(NOTE);

async function stateOf(events: EventStore): Promise<string | undefined> {
  await events.read(PROBE, 0, 1);
  const { fault, note } = await events.health();
  return fault ?? (note === undefined ? undefined : NOTE + note);
}

async function outcomeOf(check: Check): Promise<string> {
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), PATIENCE);
  const late = new Promise<string>((resolve) => {
    tooLong.signal.addEventListener('abort', () => resolve(`no answer within ${PATIENCE} ms`));
  });
  try {
    return (await Promise.race([check(), late])) ?? 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
