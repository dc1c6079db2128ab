import { collectionsOf, RecordCollection } from '@tallystick/hosting';
import type { RecordStore } from '@tallystick/eventing';
import { Clock, type SystemClock } from '@tallystick/runtime';

const COLLECTIONS = collectionsOf('platform', ['sandbox-clock']);
const NOW = 'now';
const SECOND = 1_000;

const ceiled = (milliseconds: number): number => Math.ceil(milliseconds / SECOND) * SECOND;
const floored = (milliseconds: number): number => Math.floor(milliseconds / SECOND) * SECOND;

/** A clock that does not move until it is set, in whole seconds. Its time is kept in the record store. */
export class SandboxClock extends Clock {
  private readonly kept: RecordCollection<string>;
  private time: number;

  constructor(
    records: RecordStore,
    private readonly systemClock: SystemClock,
  ) {
    super();
    this.kept = new RecordCollection(records, COLLECTIONS['sandbox-clock'], systemClock);
    this.time = floored(systemClock.now());
  }

  /** The time that the records of an installation have. Undefined if it never had a sandbox clock. */
  static keptIn(records: RecordStore, systemClock: SystemClock): Promise<string | undefined> {
    return new SandboxClock(records, systemClock).kept.find(NOW);
  }

  override get isSandbox(): boolean {
    return true;
  }

  override now(): number {
    return this.time;
  }

  /** Goes on where it stood, and not before the last event: records and log may be of different backups. */
  override async startAfter(logTime: number | undefined): Promise<void> {
    const kept = await this.kept.find(NOW);
    const start = kept === undefined ? floored(this.systemClock.now()) : Date.parse(kept);
    await this.set(Math.max(start, logTime === undefined ? start : ceiled(logTime)));
  }

  /** The time is stored before it is read. A fraction of a second counts as a whole one. */
  async set(milliseconds: number): Promise<void> {
    const time = ceiled(milliseconds);
    const kept = await this.kept.find(NOW);
    const value = new Date(time).toISOString();
    if (kept !== value && !(await this.kept.replace([this.kept.change(kept, { key: NOW, value })])))
      throw new Error('Another process has set the sandbox clock.');
    this.time = time;
  }
}
