import { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { status } from '@grpc/grpc-js';
import { BeyondTheEnd, eventsBefore, eventsFrom, InvalidPosition, type LogPosition } from './all-reader';
import type { EventLog } from '../log/event-log';
import { filterOf } from './filters';
import { resolve } from './links';
import { errorOf, identifierOf, nameOf, streamDeleted, toEvent } from '../protocol';
import { handlerFailed, type ReadCall, revisionOf, startOf } from './read-options';
import type { Recorded } from '../log/records';
import { subscribe } from './subscriptions';

/** Reads and catch-up subscriptions, of a stream or of `$all`. */
export function read(log: EventLog, call: ReadCall): void {
  call.on('error', () => undefined);
  const options = call.request.getOptions()!;
  try {
    const stream = options.getStream();
    if (stream && nameOf(stream.getStreamIdentifier()) === '') throw handlerFailed();
    if (options.hasSubscription()) subscribe(log, call, options);
    else if (stream) readStream(log, call, options);
    else readAll(log, call, options);
  } catch (error) {
    call.emit('error', error);
  }
}

const isForwards = (options: ReadReq.Options): boolean =>
  options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS;

function readStream(log: EventLog, call: ReadCall, options: ReadReq.Options): void {
  const asked = options.getStream()!;
  const from = revisionOf(asked);
  if (options.getCount() === '0' || (from === 'end' && isForwards(options)))
    throw errorOf(status.UNKNOWN, 'Unexpected ReadStreamResult: Error');
  const stream = nameOf(asked.getStreamIdentifier());
  const events = log.visible(stream);
  if (events === 'deleted') throw streamDeleted(stream);
  if (events === 'not found') {
    const notFound = new ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(stream));
    call.write(new ReadResp().setStreamNotFound(notFound));
    call.end();
    return;
  }
  // Revisions have no gaps, and the oldest may be hidden.
  const at = (from === 'end' ? Infinity : from) - (events[0]?.revision ?? 0);
  const walked = isForwards(options)
    ? walk(events, Math.max(0, at), 1)
    : walk(events, Math.min(events.length - 1, at), -1);
  send(log, call, walked, options);
}

function* walk(events: readonly Recorded[], from: number, step: 1 | -1): Generator<Recorded> {
  for (let at = from; at >= 0 && at < events.length; at += step) yield events[at]!;
}

/** Forwards from the record at the position, backwards from the record before it. */
function readAll(log: EventLog, call: ReadCall, options: ReadReq.Options): void {
  const start = startOf(options.getAll()!);
  // The server does not respond to a read of a page without events.
  if (options.getCount() === '0') return;
  const { end } = log;
  const at: LogPosition =
    start === 'start' ? { commit: 0, prepare: 0 } : start === 'end' ? { commit: end, prepare: end } : start;
  try {
    send(log, call, isForwards(options) ? eventsFrom(log, at) : eventsBefore(log, at), options);
  } catch (error) {
    if (error instanceof InvalidPosition) throw errorOf(status.UNKNOWN, 'Unexpected ReadAllResult: InvalidPosition');
    if (error instanceof BeyondTheEnd) throw errorOf(status.UNKNOWN, 'Unexpected ReadAllResult: Error');
    throw error;
  }
}

function send(log: EventLog, call: ReadCall, events: Iterable<Recorded>, options: ReadReq.Options): void {
  const isWanted = filterOf(options);
  let left = Number(options.getCount());
  for (const event of events) {
    if (!isWanted(event)) continue;
    call.write(toEvent(resolve(log, event, options.getResolveLinks()), event.position));
    left -= 1;
    if (left === 0) break;
  }
  call.end();
}
