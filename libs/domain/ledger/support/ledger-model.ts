// The law once more, as briefly as it can be said, written from docs/domain.md and not from the ledger's code.
// Minutes instead of instants, one operation at a credit a page, one billing period.

interface ModelledGrant {
  readonly id: string;
  readonly rank: number;
  readonly expiresAt: number;
  readonly born: number;
  left: number;
  /** Where credits go that come back to it. */
  gone?: 'expired' | 'revoked';
}

type HeldCredits = [ModelledGrant, number][];

interface ModelledJob {
  readonly project: string;
  readonly size: number;
  held: HeldCredits;
  deadline: number;
  state: 'open' | 'lost' | 'ended';
}

export const TIMEOUT = 60;
const sum = (held: HeldCredits): number => held.reduce((total, [, credits]) => total + credits, 0);

export class LedgerModel {
  now = 0;
  overage = false;
  consumed = 0;
  expired = 0;
  revoked = 0;
  readonly pots = new Map<string, ModelledGrant>();
  readonly jobs = new Map<string, ModelledJob>();
  readonly early = new Map<string, number | undefined>();
  readonly caps = new Map<string, number>();
  readonly spent = new Map<string, number>();

  grant(id: string, rank: number, credits: number, minutes?: number): void {
    const expiresAt = minutes === undefined ? Infinity : this.now + minutes;
    if (!this.pots.has(id)) this.pots.set(id, { id, rank, expiresAt, born: this.now, left: credits });
  }

  revoke(id: string): void {
    const pot = this.pots.get(id);
    if (pot && pot.gone === undefined) this.end(pot, 'revoked');
  }

  submit(id: string, project: string, size: number): void {
    if (this.jobs.has(id)) return;
    if (this.spentBy(project) + size > (this.caps.get(project) ?? Infinity)) return;
    const held = this.take(size);
    if (sum(held) < size && !this.overage) return this.putBack(held);
    if (sum(held) < size) held.push([this.credit(), size - sum(held)]);
    this.spend(project, size);
    this.jobs.set(id, { project, size, held, deadline: this.now + TIMEOUT, state: 'open' });
    if (this.early.has(id)) this.outcome(id, this.early.get(id));
  }

  /** A number is what a completed job really used, undefined a failure. */
  outcome(id: string, used: number | undefined): void {
    const job = this.jobs.get(id);
    if (!job) {
      if (!this.early.has(id)) this.early.set(id, used);
      return;
    }
    if (job.state === 'ended') return;
    if (job.state === 'open') this.giveUp(job);
    job.state = 'ended';
    if (used === undefined) return;
    // What was held is still there for its own job, whatever became of its grant.
    const kept = this.keep(job.held, used);
    const more = this.take(used - sum(kept));
    const missing = used - sum(kept) - sum(more);
    if (this.overage && missing > 0) more.push([this.credit(), missing]);
    this.consumed += sum(kept) + sum(more);
    this.spend(job.project, sum(kept) + sum(more));
  }

  heartbeat(id: string): void {
    const job = this.jobs.get(id);
    if (job?.state === 'open' && this.now + TIMEOUT - job.deadline >= TIMEOUT / 10) job.deadline = this.now + TIMEOUT;
  }

  wait(minutes: number): void {
    for (const end = this.now + minutes; this.now < end;) {
      this.now += 1;
      for (const job of this.jobs.values())
        if (job.state === 'open' && job.deadline === this.now) {
          this.giveUp(job);
          Object.assign(job, { held: [], state: 'lost' });
        }
      for (const pot of this.pots.values())
        if (pot.expiresAt === this.now && pot.gone === undefined) this.end(pot, 'expired');
    }
  }

  get places(): number[] {
    const available = [...this.pots.values()].reduce((total, { left }) => total + left, 0);
    const open = [...this.jobs.values()].filter(({ state }) => state === 'open');
    const reserved = open.reduce((total, { held }) => total + sum(held), 0);
    return [available, reserved, this.consumed, this.expired, this.revoked];
  }

  spentBy(project: string): number {
    return this.spent.get(project) ?? 0;
  }

  private spend(project: string, credits: number): void {
    this.spent.set(project, this.spentBy(project) + credits);
  }

  private credit(): ModelledGrant {
    return { id: '', rank: 0, expiresAt: Infinity, born: 0, left: 0, gone: 'revoked' };
  }

  private take(credits: number): HeldCredits {
    const order = [...this.pots.values()].sort(
      (a, b) => a.rank - b.rank || a.expiresAt - b.expiresAt || a.born - b.born || (a.id < b.id ? -1 : 1),
    );
    const held: HeldCredits = [];
    for (const pot of order) {
      const taken = Math.min(pot.left, credits - sum(held));
      if (taken > 0) held.push([pot, taken]);
      pot.left -= taken;
    }
    return held;
  }

  private giveUp(job: ModelledJob): void {
    this.putBack(job.held);
    this.spend(job.project, -job.size);
  }

  private putBack(held: HeldCredits): void {
    for (const [pot, credits] of held)
      if (pot.gone) this[pot.gone] += credits;
      else pot.left += credits;
  }

  /** Takes back from the pots, in order, what a job held of them and did use. */
  private keep(held: HeldCredits, used: number): HeldCredits {
    const kept: HeldCredits = [];
    for (const [pot, credits] of held) {
      const taken = Math.min(credits, used - sum(kept));
      if (taken === 0) continue;
      if (pot.gone) this[pot.gone] -= taken;
      else pot.left -= taken;
      kept.push([pot, taken]);
    }
    return kept;
  }

  private end(pot: ModelledGrant, how: 'expired' | 'revoked'): void {
    this[how] += pot.left;
    pot.left = 0;
    pot.gone = how;
  }
}
