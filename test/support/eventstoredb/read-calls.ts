import { randomUUID } from 'node:crypto';
import { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { EventLog, Recorded } from './event-log';
import { errorOf, identifierOf, nameOf, toCheckpoint, toEvent } from './protocol';

const DEFAULT_WINDOW = 32;

type Call = ServerWritableStream<ReadReq, ReadResp>;

/** What a read or a subscription is about, for the list of calls. */
export function askedFor(request: ReadReq) {
  const options = request.getOptions()!;
  const [stream, all] = [options.getStream(), options.getAll()];
  return {
    method: options.hasSubscription() ? 'subscribe' : 'read',
    stream: stream ? nameOf(stream.getStreamIdentifier()) : '$all',
    from: all?.hasPosition() ? Number(all.getPosition()!.getCommitPosition()) : undefined,
  };
}

/** Reads and catch-up subscriptions, of a stream or of `$all`. */
export function read(log: EventLog, call: Call): void {
  call.on('error', () => undefined);
  const options = call.request.getOptions()!;
  try {
    if (options.hasSubscription()) subscribe(log, call, options);
    else if (options.hasStream()) readStream(log, call, options);
    else readAll(log, call, options);
  } catch (error) {
    call.emit('error', error);
  }
}

function readStream(log: EventLog, call: Call, options: ReadReq.Options): void {
  const asked = options.getStream()!;
  const stream = nameOf(asked.getStreamIdentifier());
  const events = log.visible(stream);
  if (!events) {
    const notFound = new ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(stream));
    call.write(new ReadResp().setStreamNotFound(notFound));
    call.end();
    return;
  }
  const isForwards = options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS;
  const bound = asked.hasRevision() ? Number(asked.getRevision()) : asked.hasStart() ? 0 : Infinity;
  // (revisions have no gaps, and the oldest may be gone)
  const at = bound - (events[0]?.revision ?? 0);
  send(
    call,
    isForwards ? walk(events, Math.max(0, at), 1) : walk(events, Math.min(events.length - 1, at), -1),
    options,
  );
}

function* walk(events: readonly Recorded[], from: number, step: 1 | -1): Generator<Recorded> {
  for (let at = from; at >= 0 && at < events.length; at += step) yield events[at]!;
}

/** Forwards from the record at the position on; backwards from the one before it, as the server does. */
function readAll(log: EventLog, call: Call, options: ReadReq.Options): void {
  const all = options.getAll()!;
  const isForwards = options.getReadDirection() === ReadReq.Options.ReadDirection.FORWARDS;
  const at = all.hasStart() ? 0 : all.hasEnd() ? log.events.length : indexOf(log, all);
  send(call, isForwards ? walk(log.events, at, 1) : walk(log.events, at - 1, -1), options, filterOf(options));
}

function send(
  call: Call,
  events: Iterable<Recorded>,
  options: ReadReq.Options,
  isWanted: (event: Recorded) => boolean = () => true,
): void {
  let left = Number(options.getCount());
  for (const event of events) {
    if (left === 0) break;
    if (!isWanted(event)) continue;
    call.write(toEvent(event));
    left -= 1;
  }
  call.end();
}

/** What is there first, then what comes; a filter tells now and then how far it has looked. */
function subscribe(log: EventLog, call: Call, options: ReadReq.Options): void {
  const isWanted = filterOf(options);
  const filter = options.getFilter();
  const window = (filter?.getMax() || DEFAULT_WINDOW) * (filter?.getCheckpointintervalmultiplier() ?? 1);
  let considered = 0;
  const offer = (event: Recorded) => {
    if (isWanted(event)) call.write(toEvent(event));
    if (filter && ++considered % window === 0) call.write(toCheckpoint(event.position));
  };
  const confirmation = new ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID());
  call.write(new ReadResp().setConfirmation(confirmation));
  for (const event of log.events.slice(afterStart(log, options))) offer(event);
  call.write(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
  const stop = log.listen(offer);
  call.on('cancelled', stop);
  call.on('close', stop);
}

/** A subscription starts behind the place it is given. */
function afterStart(log: EventLog, options: ReadReq.Options): number {
  const all = options.getAll();
  if (all) return all.hasStart() ? 0 : all.hasEnd() ? log.events.length : indexOf(log, all) + 1;
  const stream = options.getStream()!;
  if (stream.hasStart()) return 0;
  const name = nameOf(stream.getStreamIdentifier());
  const last = stream.hasEnd() ? log.revisionOf(name) : Number(stream.getRevision());
  const at = log.events.findIndex((event) => event.stream === name && event.revision > last);
  return at === -1 ? log.events.length : at;
}

function indexOf(log: EventLog, all: ReadReq.Options.AllOptions): number {
  const index = log.indexOf(Number(all.getPosition()!.getCommitPosition()));
  if (index === undefined) throw errorOf(status.INVALID_ARGUMENT, 'No record starts at this position.');
  return index;
}

function filterOf(options: ReadReq.Options): (event: Recorded) => boolean {
  const stream = options.getStream();
  if (stream) return (event) => event.stream === nameOf(stream.getStreamIdentifier());
  const filter = options.getFilter();
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType();
  if (!filter || !expression) return () => true;
  const regex = expression.getRegex() === '' ? undefined : new RegExp(expression.getRegex());
  return (event) => {
    const text = filter.hasStreamIdentifier() ? event.stream : event.type;
    return regex ? regex.test(text) : expression.getPrefixList().some((prefix) => text.startsWith(prefix));
  };
}
