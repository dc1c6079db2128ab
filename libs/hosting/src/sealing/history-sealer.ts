import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { LIMITS, type Limits } from '@tallystick/contracts/http';
import { Clock } from '@tallystick/runtime';
import { instantOf } from '@tallystick/domain/kernel';
import { BALANCES, streamOf } from '@tallystick/domain/ledger';
import { ChainCheck, EventStore, pagesOf, RecordStore, ViewStore } from '@tallystick/eventing';
import { LedgerService } from '@tallystick/services/credit-ledger';
import { Projections } from '../projections/projections';

/** Organizations whose stream has nothing to seal (any more), so that it is read once. */
const SEALED = 'sealed-histories';
const AT_ONCE = 100;
const LOOK_MILLISECONDS = 1_000;
const EVERY_MILLISECONDS = 3_600_000;

/**
 * Seals what older streams have had before their first hash, one stream after the other and slowly, so that no command has to
 * read a whole stream. New streams begin with hashes; a process of an older version may still open others, so it looks again.
 */
@Injectable()
export class HistorySealer {
  private readonly log = new Logger(HistorySealer.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private sealedNow = 0;

  constructor(
    private readonly store: EventStore,
    private readonly views: ViewStore,
    private readonly records: RecordStore,
    private readonly ledger: LedgerService,
    private readonly projections: Projections,
    private readonly clock: Clock,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let next = 0;
    while (!this.stopping.signal.aborted) {
      if (!this.leads) next = 0;
      else if (performance.now() >= next) {
        next = performance.now() + EVERY_MILLISECONDS;
        await this.sweep().catch((error: unknown) => {
          this.log.warn(error, 'Older streams could not be sealed; it is tried again.');
          next = performance.now() + 10 * LOOK_MILLISECONDS;
        });
      }
      await this.rest(LOOK_MILLISECONDS);
    }
  }

  /** Every organization whose stream may have a history that is not sealed. */
  async sweep(): Promise<void> {
    const before = this.sealedNow;
    for (let after = ''; ;) {
      const rows = await this.views.find(BALANCES, {
        where: { organizationId: { after } },
        columns: ['organizationId'],
        order: ['organizationId'],
        limit: AT_ONCE,
      });
      const ids = rows.map(({ organizationId }) => organizationId as string);
      const known = await this.records.get(SEALED, ids, Date.now());
      for (const [at, id] of ids.entries()) {
        if (!this.leads) return;
        if (known[at] === undefined) await this.sealOne(id);
      }
      if (ids.length < AT_ONCE) break;
      after = ids[ids.length - 1]!;
    }
    if (this.sealedNow > before)
      this.log.log(`Histories of older streams that are sealed now: ${this.sealedNow - before}.`);
  }

  /** One that is stopped, or was tampered with, holds up no other. */
  private async sealOne(organizationId: string): Promise<void> {
    try {
      await this.seal(organizationId);
      if (!this.stopping.signal.aborted) await this.records.put(SEALED, [{ key: organizationId, value: true }]);
    } catch (error) {
      this.log.warn(error, `The history of ${streamOf(organizationId)} is not sealed; it is tried again.`);
    }
  }

  /** Where the chain has not started, the seal starts it; unless another process has written in between, which the second look sees. */
  private async seal(organizationId: string): Promise<void> {
    const check = new ChainCheck(streamOf(organizationId));
    let upTo: number | undefined;
    for (let next = 0; this.leads;) {
      next = await this.readToFirstHash(check, next);
      const { history, hasStarted } = check;
      if (!this.leads || history === undefined || history.upTo === upTo) return;
      upTo = history.upTo;
      const command = { type: 'SealHistory', now: instantOf(this.clock.now()), ...history } as const;
      await this.ledger.execute(organizationId, command);
      this.sealedNow += 1;
      if (hasStarted) return;
    }
  }

  /** Answers where to read on. */
  private async readToFirstHash(check: ChainCheck, from: number): Promise<number> {
    let next = from;
    for await (const page of pagesOf(this.store, check.stream, from)) {
      const began = performance.now();
      for (const record of page) {
        const [breach] = check.take(record);
        if (breach !== undefined) throw new Error(`${check.stream}: ${breach}`);
        next = record.revision + 1;
        if (check.hasStarted) break;
      }
      if (check.hasStarted || !this.leads) break;
      const due = (1_000 * page.length) / this.limits.sealEventsPerSecond;
      await this.rest(due - (performance.now() - began));
    }
    return next;
  }

  private get leads(): boolean {
    return this.projections.projector.leadership.isLeader && !this.stopping.signal.aborted;
  }

  private async rest(milliseconds: number): Promise<void> {
    const { signal } = this.stopping;
    if (milliseconds > 0) await pause(milliseconds, undefined, { signal }).catch(() => undefined);
  }
}
