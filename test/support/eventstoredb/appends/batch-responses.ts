import {
  BadRequest,
  MaximumAppendSizeExceeded,
  StreamDeleted,
  Timeout,
  WrongExpectedVersion,
} from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import { status } from '@grpc/grpc-js';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { identifierOf, positionOf } from '../protocol';
import { type ExpectedRevision, NO_STREAM } from '../log/records';
import type { AppendOutcome } from './append-timing';

/** The response to one append, as a message of the shared call. */
export function answerTo(stream: string, expected: ExpectedRevision, answered: AppendOutcome): BatchAppendResp {
  const answer = new BatchAppendResp();
  switch (answered.kind) {
    case 'stored':
      return answer.setSuccess(success(answered));
    case 'wrong revision':
      return answer.setError(wrongRevision(expected, answered.current));
    case 'deleted':
      return answer.setError(deleted(stream));
    case 'timeout':
      return answer.setError(timeout());
  }
}

function success({ revision, position }: Extract<AppendOutcome, { kind: 'stored' }>): BatchAppendResp.Success {
  const answer = new BatchAppendResp.Success();
  if (revision === NO_STREAM) answer.setNoStream(new Empty());
  else answer.setCurrentRevision(String(revision));
  return position === undefined ? answer.setNoPosition(new Empty()) : answer.setPosition(positionOf(position));
}

function wrongRevision(expected: ExpectedRevision, current: number): Status {
  const wrong = new WrongExpectedVersion();
  if (current === NO_STREAM) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === NO_STREAM) wrong.setExpectedNoStream(new Empty());
  else if (expected === 'any') wrong.setExpectedAny(new Empty());
  else if (expected === 'stream exists') wrong.setExpectedStreamExists(new Empty());
  else wrong.setExpectedStreamPosition(String(expected));
  return failed(status.ALREADY_EXISTS, 'WrongExpectedVersion', wrong);
}

const deleted = (stream: string): Status =>
  failed(status.NOT_FOUND, 'StreamDeleted', new StreamDeleted().setStreamIdentifier(identifierOf(stream)));
export const timeout = (): Status => failed(status.DEADLINE_EXCEEDED, 'Timeout', new Timeout());
export const tooLarge = (limit: number): Status =>
  failed(status.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', new MaximumAppendSizeExceeded().setMaxappendsize(limit));
export const badRequest = (reason: string): Status =>
  failed(status.INVALID_ARGUMENT, 'BadRequest', new BadRequest().setMessage(reason));

export function notReady(): Status {
  const details = new Any();
  details.pack(new Empty().serializeBinary(), 'google.protobuf.Empty');
  return new Status().setMessage('Server Is Not Ready').setDetails(details);
}

function failed(code: status, message: string, details: { serializeBinary(): Uint8Array }): Status {
  const any = new Any();
  any.pack(details.serializeBinary(), `event_store.client.${message}`);
  return new Status()
    .setCode(code as number)
    .setMessage(message)
    .setDetails(any);
}
