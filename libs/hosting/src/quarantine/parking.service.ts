import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import { Bus, type ReceivedMessage, type StreamQuarantined } from '@tallystick/eventing';
import { CommandService } from '../commands/command.service';
import { afterEffect } from '../commands/errors';
import { deadLetter, idOf, isOfClass, originalOf } from '../dead-letters/dead-letter';
import { DeadLetters } from '../dead-letters/dead-letters';
import { STREAM, Stream } from '../stream/stream';
import { Quarantine, type QuarantinedStream } from './quarantine';

const isParked = isOfClass('parked');

/** A message of a quarantined stream. `error`: set if the stream was quarantined by this message or one before it. */
export interface UndecidedMessage {
  readonly message: ReceivedMessage;
  readonly entityId: string;
  readonly error?: StreamQuarantined;
}

/** Decides messages as the consumer does. Returns those of quarantined streams, in order. */
export type MessageProcessor = (messages: readonly ReceivedMessage[]) => Promise<readonly UndecidedMessage[]>;

interface Drained {
  readonly decided: number;
  /** Why the next message could not be decided. */
  readonly error?: string;
}

/**
 * Parks the messages of quarantined streams among the dead letters, in their order, until a release decides them in that
 * order. Any process may release while others consume. No message is left behind: a consumer writes its letters and then reads
 * the quarantine; a release removes the stream from the quarantine and then reads the letters. So one of the two sees the other.
 */
@Injectable()
export class ParkingService {
  private readonly log = new Logger(ParkingService.name);
  /** Streams of which this process has parked messages, until it sees them released. */
  private readonly watched = new Set<string>();
  private readonly releasing = new Map<string, Promise<number>>();
  private process: MessageProcessor | undefined;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly commands: CommandService,
    private readonly quarantine: Quarantine,
    private readonly bus: Bus,
    // The token is named: a union type has none.
    @Optional() @Inject(DeadLetters) private readonly letters: DeadLetters | undefined,
  ) {}

  /** `process` decides parked messages when their stream is released. */
  processWith(process: MessageProcessor): void {
    this.process = process;
  }

  /** The given streams whose messages must be parked. Messages that a released stream may still have are decided first. */
  async filterParked(entityIds: readonly string[]): Promise<ReadonlySet<string>> {
    const parked = new Set(await this.quarantine.filter(entityIds));
    for (const id of entityIds) {
      if (!this.watched.has(id) || parked.has(id)) continue;
      const { error } = await this.drain(id);
      if (error === undefined) this.watched.delete(id);
      else parked.add(id);
    }
    return parked;
  }

  /** Parks messages in their order. Their streams are in the quarantine before the first message is stored. */
  async park(undecided: readonly UndecidedMessage[]): Promise<void> {
    for (const [id, error] of errorsOf(undecided)) await this.quarantine.add(id, error);
    const entityIds = [...new Set(undecided.map(({ entityId }) => entityId))];
    for (const id of entityIds) this.watched.add(id);
    const reason = `Its ${this.stream.entity} is stopped until an operator has looked at it.`;
    const letters = undecided.map(({ message, entityId }) =>
      deadLetter({ ...message, key: entityId }, 'parked', reason),
    );
    await this.bus.publish(this.letters!.topic, letters);
    await this.filterParked(entityIds);
  }

  /** Ends the quarantine and decides the parked messages; returns how many they were. Safe to repeat. */
  release(entityId: string): Promise<number> {
    const known = this.releasing.get(entityId);
    if (known) return known;
    const released = afterEffect(this.releaseOne(entityId)).finally(() => this.releasing.delete(entityId));
    this.releasing.set(entityId, released);
    return released;
  }

  /** Quarantined streams with the number of their parked messages, for which all dead letters are read. */
  async list(after: string, limit: number): Promise<readonly (QuarantinedStream & { readonly waiting: number })[]> {
    const streams = await this.quarantine.list(after, limit);
    const waiting = new Map(streams.map(({ entityId }) => [entityId, 0]));
    const filter = (letter: ReceivedMessage) => isParked(letter) && waiting.has(letter.key);
    if (waiting.size > 0 && this.letters)
      for await (const page of this.letters.open(filter))
        for (const { key } of page) waiting.set(key, waiting.get(key)! + 1);
    return streams.map((it) => ({ ...it, waiting: waiting.get(it.entityId)! }));
  }

  private async releaseOne(entityId: string): Promise<number> {
    this.commands.release(entityId);
    const first = await this.drain(entityId);
    if (first.error !== undefined) throw stillStopped(first.decided, first.error);
    await this.quarantine.remove(entityId);
    const second = await this.drain(entityId);
    const decided = first.decided + second.decided;
    if (second.error !== undefined) throw stillStopped(decided, second.error);
    this.log.log(`${entityId} is released. Messages that had waited: ${decided}.`);
    return decided;
  }

  /** Decides parked messages page by page, up to the first one that meets the error again: from there on all stay parked. */
  private async drain(entityId: string): Promise<Drained> {
    let decided = 0;
    const { letters, process } = this;
    if (!letters || !process) return { decided };
    const filter = (letter: ReceivedMessage) => letter.key === entityId && isParked(letter);
    for await (const page of letters.open(filter)) {
      const originals = page.map(originalOf);
      const undecided = await process(originals);
      const left = new Set(undecided.map(({ message }) => message));
      const done = page.filter((_, at) => !left.has(originals[at]!));
      await letters.note(done.map(idOf), 'released');
      decided += done.length;
      for (const [id, error] of errorsOf(undecided)) {
        await this.quarantine.add(id, error);
        return { decided, error: error.message };
      }
    }
    return { decided };
  }
}

/** The first error of each stream. */
function errorsOf(undecided: readonly UndecidedMessage[]): ReadonlyMap<string, StreamQuarantined> {
  const errors = new Map<string, StreamQuarantined>();
  for (const { entityId, error } of undecided) if (error && !errors.has(entityId)) errors.set(entityId, error);
  return errors;
}

const stillStopped = (decided: number, why: string): Problem =>
  new Problem(
    409,
    'still_stopped',
    `The fault is still there (${why}). Messages decided: ${decided}; the others stay parked, in their order. Repair the cause, then release it again.`,
    { decided },
  );
