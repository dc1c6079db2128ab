import { notFound } from '@tallystick/contracts/http';
import type { RecordStore, StoredRecord } from '@tallystick/eventing';
import type { SystemClock } from '@tallystick/runtime';
import { RecordCollection } from '../records/record-collections';

const RETENTION_MILLISECONDS = 86_400_000;
const HEARTBEAT_MILLISECONDS = 500;
/** No heartbeat for this long: the worker is considered dead. */
const LOST_MILLISECONDS = 20_000;
const LOST = 'The process that worked on it has ended. Start it again.';
const MAX_LISTED = 1_000;

/** Progress of a long-running operation. Positions are positions of the log. */
export interface LongRunningOperation {
  readonly id: string;
  state: 'running' | 'done' | 'failed';
  position: number;
  head: number;
  detail?: string;
}

interface StoredOperation<Result> {
  /** (the name under which all versions store it) */
  readonly undertaking: LongRunningOperation & Result;
  /** The last heartbeat, epoch milliseconds. */
  readonly at: number;
}

export interface OperationsOptions {
  readonly records: RecordStore;
  readonly collection: string;
  readonly kind: string;
  readonly clock: SystemClock;
}

/** Operations of one kind that take longer than a request: started by one request, watched by others in any process; kept for a day. */
export class LongRunningOperations<Result extends object> {
  private readonly operations: RecordCollection<StoredOperation<Result>>;
  private readonly kind: string;
  private readonly clock: SystemClock;

  constructor({ records, collection, kind, clock }: OperationsOptions) {
    this.operations = new RecordCollection(records, collection, clock);
    this.kind = kind;
    this.clock = clock;
  }

  /** Starts `work`, unless an operation with this id is running: then returns that one. */
  async start(
    head: number,
    result: Result,
    work: (operation: LongRunningOperation & Result) => Promise<void>,
    id: string = crypto.randomUUID(),
  ): Promise<LongRunningOperation & Result> {
    const operation: LongRunningOperation & Result = { id, state: 'running', position: -1, head, ...result };
    const former = await this.operations.find(this.keyOf(id));
    const known = former && this.current(former);
    if (known?.state === 'running') return known;
    const change = this.operations.change(former, this.recordOf(operation));
    if (!(await this.operations.replace([change]))) return this.get(id);
    void this.run(operation, work);
    return { ...operation };
  }

  /** Throws a 404 Problem for an unknown or expired id. */
  async get(id: string): Promise<LongRunningOperation & Result> {
    const stored = await this.operations.find(this.keyOf(id));
    if (stored === undefined) throw notFound('piece of work');
    return this.current(stored);
  }

  async running(): Promise<(LongRunningOperation & Result)[]> {
    const all = await this.operations.list({ prefix: `${this.kind}/`, limit: MAX_LISTED });
    return all.map(({ value }) => this.current(value)).filter(({ state }) => state === 'running');
  }

  private async run(
    operation: LongRunningOperation & Result,
    work: (operation: LongRunningOperation & Result) => Promise<void>,
  ): Promise<void> {
    const heartbeat = setInterval(() => void this.save(operation).catch(() => undefined), HEARTBEAT_MILLISECONDS);
    try {
      await work(operation);
      const position = Math.max(operation.position, operation.head);
      Object.assign(operation, { state: 'done', position });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      Object.assign(operation, { state: 'failed', detail });
    } finally {
      clearInterval(heartbeat);
      // If this fails too, the missing heartbeat shows that nothing is running.
      await this.save(operation).catch(() => undefined);
    }
  }

  /** Without a condition: `start` lets one process work under an id, and another one only after a missing heartbeat. */
  private save(operation: LongRunningOperation & Result): Promise<void> {
    return this.operations.put([this.recordOf(operation)]);
  }

  private recordOf(operation: LongRunningOperation & Result): StoredRecord & { value: StoredOperation<Result> } {
    const at = this.clock.now();
    return {
      key: this.keyOf(operation.id),
      value: { undertaking: { ...operation }, at },
      expiresAt: at + RETENTION_MILLISECONDS,
    };
  }

  private keyOf(id: string): string {
    return `${this.kind}/${id}`;
  }

  private current({ undertaking: operation, at }: StoredOperation<Result>): LongRunningOperation & Result {
    return operation.state === 'running' && this.clock.now() - at > LOST_MILLISECONDS
      ? { ...operation, state: 'failed', detail: LOST }
      : operation;
  }
}
