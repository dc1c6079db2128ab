import { notFound } from '@tallystick/contracts/http';
import type { RecordStore, StoredRecord } from '@tallystick/eventing';

const COLLECTION = 'undertakings';
const KEPT_MILLISECONDS = 86_400_000;
const SAVE_MILLISECONDS = 500;
/** Without a word from the process that works on it. */
const LOST_MILLISECONDS = 20_000;
const LOST = 'The process that worked on it has ended. Begin it again.';
const MOST_LISTED = 1_000;

/** How far a long piece of an operator's work has come. Positions are the log's. */
export interface LongRunningOperation {
  readonly id: string;
  state: 'running' | 'done' | 'failed';
  position: number;
  head: number;
  detail?: string;
}

interface StoredOperation<Result> {
  readonly undertaking: LongRunningOperation & Result;
  readonly at: number;
}

/** Work that takes longer than a request may: begun by one call, watched by others, whichever process they reach; kept for a day. */
export class LongRunningOperations<Result extends object> {
  constructor(
    private readonly records: RecordStore,
    private readonly kind: string,
  ) {}

  /** Work under one id is done once at a time: where it is under way, that is answered. */
  async begin(
    head: number,
    result: Result,
    work: (undertaking: LongRunningOperation & Result) => Promise<void>,
    id: string = crypto.randomUUID(),
  ): Promise<LongRunningOperation & Result> {
    const undertaking: LongRunningOperation & Result = { id, state: 'running', position: -1, head, ...result };
    const [former] = (await this.records.get(COLLECTION, [this.keyOf(id)], Date.now())) as (
      StoredOperation<Result> | undefined
    )[];
    const known = former && asItStands(former);
    if (known?.state === 'running') return known;
    const change = { collection: COLLECTION, from: former, ...this.recordOf(undertaking) };
    if (!(await this.records.replace([change], Date.now()))) return this.get(id);
    void this.carryOut(undertaking, work);
    return { ...undertaking };
  }

  /** Throws a 404 Problem for an id that is not known (any more). */
  async get(id: string): Promise<LongRunningOperation & Result> {
    const [saved] = await this.records.get(COLLECTION, [this.keyOf(id)], Date.now());
    if (saved === undefined) throw notFound('piece of work');
    return asItStands(saved as StoredOperation<Result>);
  }

  async running(): Promise<(LongRunningOperation & Result)[]> {
    const query = { prefix: `${this.kind}/`, limit: MOST_LISTED, now: Date.now() };
    const all = await this.records.list(COLLECTION, query);
    return all
      .map(({ value }) => asItStands(value as StoredOperation<Result>))
      .filter(({ state }) => state === 'running');
  }

  private async carryOut(
    undertaking: LongRunningOperation & Result,
    work: (undertaking: LongRunningOperation & Result) => Promise<void>,
  ): Promise<void> {
    const saving = setInterval(() => void this.save(undertaking).catch(() => undefined), SAVE_MILLISECONDS);
    try {
      await work(undertaking);
      const position = Math.max(undertaking.position, undertaking.head);
      Object.assign(undertaking, { state: 'done', position });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      Object.assign(undertaking, { state: 'failed', detail });
    } finally {
      clearInterval(saving);
      // Where this fails too, whoever watches is told after a while that nobody works on it any more.
      await this.save(undertaking).catch(() => undefined);
    }
  }

  /** Without a condition: `begin` lets one process work under an id, and another only when nothing was heard of it for long. */
  private save(undertaking: LongRunningOperation & Result): Promise<void> {
    return this.records.put(COLLECTION, [this.recordOf(undertaking)]);
  }

  private recordOf(undertaking: LongRunningOperation & Result): StoredRecord {
    const at = Date.now();
    const value: StoredOperation<Result> = { undertaking: { ...undertaking }, at };
    return { key: this.keyOf(undertaking.id), value, expiresAt: at + KEPT_MILLISECONDS };
  }

  private keyOf(id: string): string {
    return `${this.kind}/${id}`;
  }
}

const asItStands = <Result>({ undertaking, at }: StoredOperation<Result>): LongRunningOperation & Result =>
  undertaking.state === 'running' && Date.now() - at > LOST_MILLISECONDS
    ? { ...undertaking, state: 'failed', detail: LOST }
    : undertaking;
