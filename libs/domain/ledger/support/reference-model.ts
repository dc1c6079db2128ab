// A short model of the ledger, written from docs/domain.md and independently of the ledger's code. It has minutes instead of instants,
// one operation with one credit per page, and one billing period.

interface ModelledGrant {
  readonly id: string;
  readonly rank: number;
  readonly expiresAt: number;
  readonly born: number;
  left: number;
  /** Set when the grant has ended. Refunded credits end in the same way. */
  ended?: 'expired' | 'revoked';
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

export class ReferenceModel {
  now = 0;
  overage = false;
  consumed = 0;
  expired = 0;
  revoked = 0;
  readonly grants = new Map<string, ModelledGrant>();
  readonly jobs = new Map<string, ModelledJob>();
  readonly early = new Map<string, number | undefined>();
  readonly caps = new Map<string, number>();
  readonly spent = new Map<string, number>();

  grant(id: string, rank: number, credits: number, minutes?: number): void {
    const expiresAt = minutes === undefined ? Infinity : this.now + minutes;
    if (!this.grants.has(id)) this.grants.set(id, { id, rank, expiresAt, born: this.now, left: credits });
  }

  revoke(id: string): void {
    const grant = this.grants.get(id);
    if (grant && grant.ended === undefined) this.end(grant, 'revoked');
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

  /** `used` is undefined for a failure. */
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
    // Reserved credits stay usable for their job after the end of their grant.
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
      for (const grant of this.grants.values())
        if (grant.expiresAt === this.now && grant.ended === undefined) this.end(grant, 'expired');
    }
  }

  get places(): number[] {
    const available = [...this.grants.values()].reduce((total, { left }) => total + left, 0);
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
    return { id: '', rank: 0, expiresAt: Infinity, born: 0, left: 0, ended: 'revoked' };
  }

  private take(credits: number): HeldCredits {
    const order = [...this.grants.values()].sort(
      (a, b) => a.rank - b.rank || a.expiresAt - b.expiresAt || a.born - b.born || (a.id < b.id ? -1 : 1),
    );
    const held: HeldCredits = [];
    for (const grant of order) {
      const taken = Math.min(grant.left, credits - sum(held));
      if (taken > 0) held.push([grant, taken]);
      grant.left -= taken;
    }
    return held;
  }

  private giveUp(job: ModelledJob): void {
    this.putBack(job.held);
    this.spend(job.project, -job.size);
  }

  private putBack(held: HeldCredits): void {
    for (const [grant, credits] of held)
      if (grant.ended) this[grant.ended] += credits;
      else grant.left += credits;
  }

  /** The used part of a job's reserved credits, in their order. */
  private keep(held: HeldCredits, used: number): HeldCredits {
    const kept: HeldCredits = [];
    for (const [grant, credits] of held) {
      const taken = Math.min(credits, used - sum(kept));
      if (taken === 0) continue;
      if (grant.ended) this[grant.ended] -= taken;
      else grant.left -= taken;
      kept.push([grant, taken]);
    }
    return kept;
  }

  private end(grant: ModelledGrant, how: 'expired' | 'revoked'): void {
    this[how] += grant.left;
    grant.left = 0;
    grant.ended = how;
  }
}
