import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { LogPosition } from './all-reader';
import { errorOf, nameOf } from '../protocol';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const END = '18446744073709551615';

/** The target of a read or a subscription, for the list of calls. */
export function askedFor(request: ReadReq) {
  const options = request.getOptions()!;
  const [stream, all] = [options.getStream(), options.getAll()];
  return {
    method: options.hasSubscription() ? 'subscribe' : 'read',
    stream: stream ? nameOf(stream.getStreamIdentifier()) : '$all',
    from: all?.hasPosition() ? Number(all.getPosition()!.getCommitPosition()) : undefined,
  };
}

/** The start position in the log. The largest position means the end. */
export function startOf(all: ReadReq.Options.AllOptions): LogPosition | 'start' | 'end' {
  if (all.hasStart()) return 'start';
  if (all.hasEnd()) return 'end';
  const position = all.getPosition()!;
  const [commit, prepare] = [position.getCommitPosition(), position.getPreparePosition()];
  if (BigInt(prepare) > BigInt(commit)) throw handlerFailed();
  return commit === END && prepare === END ? 'end' : { commit: Number(commit), prepare: Number(prepare) };
}

/** The start revision. The largest revision and -1 mean the end. */
export function revisionOf(stream: ReadReq.Options.StreamOptions): number | 'end' {
  if (stream.hasStart()) return 0;
  if (stream.hasEnd() || stream.getRevision() === END) return 'end';
  return Number(stream.getRevision());
}

/** The error of the server if its handler fails. */
export const handlerFailed = () => errorOf(status.UNKNOWN, 'Exception was thrown by handler.');
