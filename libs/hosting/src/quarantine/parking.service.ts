import { Injectable, Logger } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import { deadLettersOf, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { Bus, type ReceivedMessage, type StreamQuarantined } from '@tallystick/eventing';
import { deadLetter, idOf, isOfClass, originalOf } from '../dead-letters/dead-letter';
import { DeadLettersService } from '../dead-letters/dead-letters.service';
import { LedgerService } from '@tallystick/services/credit-ledger';
import { LifecycleService, type Waiting } from '@tallystick/services/credit-ledger';
import { Quarantine, type QuarantinedStream } from './quarantine';
import { afterEffect } from '@tallystick/services/credit-ledger';

const REASON = 'Its organization is stopped until an operator has looked at it.';
const isParked = isOfClass('parked');

/** How many messages were decided, and what stood in the way of the next one. */
interface Drained {
  readonly decided: number;
  readonly fault?: string;
}

/**
 * Messages of a stopped organization wait in their order among the dead letters, until a release has decided them in that order.
 * Any process may release, while others consume. None is left behind: a consumer writes its letters and then looks whether
 * the record is still there; a release removes the record and then looks for letters. So one of the two sees the other.
 */
@Injectable()
export class ParkingService {
  private readonly log = new Logger(ParkingService.name);
  /** Organizations that this process has parked messages of, and has not yet seen going on. */
  private readonly watched = new Set<string>();
  private readonly releasing = new Map<string, Promise<number>>();

  constructor(
    private readonly ledger: LedgerService,
    private readonly lifecycle: LifecycleService,
    private readonly letters: DeadLettersService,
    private readonly parked: Quarantine,
    private readonly bus: Bus,
  ) {}

  /** Those of these organizations whose messages have to wait. For one that was released, what it may have left is decided first. */
  async among(organizationIds: readonly string[]): Promise<ReadonlySet<string>> {
    const parked = new Set(await this.parked.among(organizationIds));
    for (const id of organizationIds) {
      if (!this.watched.has(id) || parked.has(id)) continue;
      const { fault } = await this.drain(id);
      if (fault === undefined) this.watched.delete(id);
      else parked.add(id);
    }
    return parked;
  }

  /** Keeps them in their order; the record is there before the first of them is. */
  async park(waiting: readonly Waiting[]): Promise<void> {
    for (const [id, fault] of faultsOf(waiting)) await this.parked.note(id, fault);
    const organizationIds = [...new Set(waiting.map(({ organizationId }) => organizationId))];
    for (const id of organizationIds) this.watched.add(id);
    const letters = waiting.map(({ message, organizationId }) =>
      deadLetter({ ...message, key: organizationId }, 'parked', REASON),
    );
    await this.bus.publish(deadLettersOf(JOBS_LIFECYCLE), letters);
    await this.among(organizationIds);
  }

  /** Lets the organization go on and decides what has waited; answers how many messages that were. Safe to repeat. */
  release(organizationId: string): Promise<number> {
    const known = this.releasing.get(organizationId);
    if (known) return known;
    const released = afterEffect(this.decideAll(organizationId)).finally(() => this.releasing.delete(organizationId));
    this.releasing.set(organizationId, released);
    return released;
  }

  /** With how many messages wait for each: all dead letters are looked at for it. */
  async page(after: string, limit: number): Promise<readonly (QuarantinedStream & { readonly waiting: number })[]> {
    const organizations = await this.parked.page(after, limit);
    const waiting = new Map(organizations.map(({ organizationId }) => [organizationId, 0]));
    const isWanted = (letter: ReceivedMessage) => isParked(letter) && waiting.has(letter.key);
    if (waiting.size > 0)
      for await (const page of this.letters.open(isWanted))
        for (const { key } of page) waiting.set(key, waiting.get(key)! + 1);
    return organizations.map((it) => ({ ...it, waiting: waiting.get(it.organizationId)! }));
  }

  private async decideAll(organizationId: string): Promise<number> {
    this.ledger.release(organizationId);
    const first = await this.drain(organizationId);
    if (first.fault !== undefined) throw stillStopped(first.decided, first.fault);
    await this.parked.remove(organizationId);
    const { decided, fault } = await this.drain(organizationId);
    if (fault !== undefined) throw stillStopped(first.decided + decided, fault);
    this.log.log(`${organizationId} is released. Messages that had waited: ${first.decided + decided}.`);
    return first.decided + decided;
  }

  /** Decides what waits, a page at a time, up to the first message that meets the fault again: from there on all stay. */
  private async drain(organizationId: string): Promise<Drained> {
    let decided = 0;
    const isWanted = (letter: ReceivedMessage) => letter.key === organizationId && isParked(letter);
    for await (const page of this.letters.open(isWanted)) {
      const originals = page.map(originalOf);
      const waiting = await this.lifecycle.decide(this.lifecycle.read(originals));
      const left = new Set(waiting.map(({ message }) => message));
      const done = page.filter((_, at) => !left.has(originals[at]!));
      await this.letters.note(done.map(idOf), 'released');
      decided += done.length;
      for (const [id, fault] of faultsOf(waiting)) {
        await this.parked.note(id, fault);
        return { decided, fault: fault.message };
      }
    }
    return { decided };
  }
}

/** The first of each organization. */
function faultsOf(waiting: readonly Waiting[]): ReadonlyMap<string, StreamQuarantined> {
  const faults = new Map<string, StreamQuarantined>();
  for (const { organizationId, fault } of waiting)
    if (fault && !faults.has(organizationId)) faults.set(organizationId, fault);
  return faults;
}

const stillStopped = (decided: number, why: string): Problem =>
  new Problem(
    409,
    'still_stopped',
    `The fault is still there (${why}). Messages decided: ${decided}; the others stay parked, in their order. Mend the cause, then release it again.`,
    { decided },
  );
