import type { EventLog } from '../log/event-log';
import { endOf, type Recorded } from '../log/records';

/** A position of the server: at an event both numbers are its start, after an event they are its end and 0. */
export interface LogPosition {
  readonly commit: number;
  readonly prepare: number;
}

export const BEFORE_ALL: LogPosition = { commit: -1, prepare: -1 };
export const positionOf = ({ position }: Recorded): LogPosition => ({ commit: position, prepare: position });
export const compare = (a: LogPosition, b: LogPosition): number => a.commit - b.commit || a.prepare - b.prepare;

export class InvalidPosition extends Error {}
export class BeyondTheEnd extends Error {}

export interface AllPage {
  readonly events: readonly Recorded[];
  /** Start of the next page. */
  readonly next: LogPosition;
  readonly considered: number;
  readonly isEnd: boolean;
}

export interface PageOptions {
  readonly max: number;
  /** Maximum number of events to read. */
  readonly window: number;
  readonly isWanted: (event: Recorded) => boolean;
}

/** A page that starts with the record at the position. */
export function pageFrom(log: EventLog, from: LogPosition, { max, window, isWanted }: PageOptions): AllPage {
  const start = from.commit < 0 ? { commit: 0, prepare: 0 } : from;
  checkForwards(log, start.commit);
  const events: Recorded[] = [];
  let next = start;
  let considered = 0;
  let at = log.indexFrom(start.commit);
  while (events.length < max && considered < window && at < log.events.length) {
    const event = log.events[at++]!;
    if (isWanted(event)) events.push(event);
    considered += 1;
    next = { commit: endOf(event), prepare: 0 };
  }
  return { events, next, considered, isEnd: events.length < max && considered < window };
}

/** All events from the record at the position. */
export function* eventsFrom(log: EventLog, from: LogPosition): Generator<Recorded> {
  checkForwards(log, Math.max(from.commit, 0));
  for (let at = log.indexFrom(from.commit); at < log.events.length; at++) yield log.events[at]!;
}

/** All events that end at or before the position, newest first. */
export function* eventsBefore(log: EventLog, before: LogPosition): Generator<Recorded> {
  checkBackwards(log, before.commit);
  for (let at = log.indexFrom(before.commit) - 1; at >= 0; at--) {
    const event = log.events[at]!;
    const end = endOf(event);
    if (compare({ commit: end, prepare: end }, before) <= 0) yield event;
  }
}

function checkForwards(log: EventLog, commit: number): void {
  if (commit <= log.lastIndexed && !log.isRecordStart(commit)) throw new InvalidPosition();
}

/** No record fits before this offset, so the server skips it. */
const TOO_SHORT_FOR_A_RECORD = 8;

function checkBackwards(log: EventLog, commit: number): void {
  if (commit > log.end) throw new BeyondTheEnd();
  if (commit >= TOO_SHORT_FOR_A_RECORD && commit !== log.end && !log.isRecordStart(commit)) throw new InvalidPosition();
}
