import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { WrongExpectedVersionError } from '@eventstore/db-client';
import { AmbiguousAppend, StreamDeleted } from '@tallystick/eventing';
import { systemClock } from '@tallystick/runtime';
import { encode, send, WritesRefused } from './appending';
import type { EventStoreDbConnection } from './connection';
import { reasonOf } from './failures';

const EVERY_MS = 5_000;
/**
 * Revision that no stream has. The server checks permissions and clock first, then refuses the revision and stores
 * nothing.
 */
const NEVER = BigInt(Number.MAX_SAFE_INTEGER - 1);
const logger = new Logger('EventStoreDB');

/** Checks without a write whether the user may write. */
export class WriteCheck {
  private fault: string | undefined;
  private checked = -Infinity;

  constructor(private readonly connection: EventStoreDbConnection) {}

  /** Makes the next `run` check again, because an append was refused. The refusal may concern only its stream. */
  invalidate(): void {
    this.checked = -Infinity;
  }

  async run(): Promise<string | undefined> {
    if (systemClock.monotonic() - this.checked < EVERY_MS) return this.fault;
    const fault = await this.ask();
    this.checked = systemClock.monotonic();
    if (fault !== this.fault) {
      if (fault === undefined) logger.log('The event store accepts writes again.');
      else logger.error(`No writes: ${fault}.`);
    }
    return (this.fault = fault);
  }

  private async ask(): Promise<string | undefined> {
    const { prefixes: [prefix = ''] = [], maxAppendBytes, user } = this.connection.settings;
    const stream = `${prefix}write-check`;
    const event = { id: randomUUID(), type: 'WriteCheck', data: {}, metadata: undefined };
    try {
      await send(this.connection, stream, NEVER, encode(stream, [event], maxAppendBytes));
    } catch (error) {
      if (error instanceof WrongExpectedVersionError || error instanceof StreamDeleted) return undefined;
      if (error instanceof WritesRefused) return `writes are refused for the user "${user ?? 'anonymous'}"`;
      if (error instanceof AmbiguousAppend) return `writes get no answer: ${reasonOf(error)}`;
      throw error;
    }
    return undefined;
  }
}
