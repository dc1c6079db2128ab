import {
  Empty,
  MaximumAppendSizeExceeded,
  WrongExpectedVersion,
} from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb';
import {
  type ServerDuplexStream,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty as GoogleEmpty } from 'google-protobuf/google/protobuf/empty_pb';
import { type EventLog, type Expected, type Message, NO_STREAM, type Written } from './event-log';
import type { Faults } from './faults';
import { errorOf, identifierOf, messageOf, nameOf, positionOf, textOf, uuidOf } from './protocol';

const INVALID_ARGUMENT = 3;

export interface AppendRules {
  readonly log: EventLog;
  readonly faults: Faults;
  /** The server's own limit, as it counts it: type, data and metadata of all events of one append. */
  readonly maxAppendBytes: number;
}

/** Many appends over one call, each answered by its correlation id, not necessarily in order. */
export function batchAppend(
  { log, faults, maxAppendBytes }: AppendRules,
  call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>,
): void {
  const parts = new Map<string, { stream: string; expected: Expected; messages: Message[] }>();
  call.on('data', (request: BatchAppendReq) => {
    const id = textOf(request.getCorrelationId());
    const options = request.getOptions();
    if (options)
      parts.set(id, {
        stream: nameOf(options.getStreamIdentifier()),
        expected: expectedOf(options),
        messages: [],
      });
    const append = parts.get(id);
    if (!append) return;
    append.messages.push(...request.getProposedMessagesList().map(messageOf));
    if (!request.getIsFinal()) return;
    parts.delete(id);
    const answer = () =>
      new BatchAppendResp().setCorrelationId(uuidOf(id)).setStreamIdentifier(identifierOf(append.stream));
    if (sizeOf(append.messages) > maxAppendBytes)
      return void call.write(answer().setError(tooLarge(maxAppendBytes)));
    faults.meet(
      () => log.append(append.stream, append.expected, append.messages),
      (written) => {
        if ('current' in written) call.write(answer().setError(wrongVersion(append.expected, written)));
        else call.write(answer().setSuccess(batchSuccess(written)));
      },
    );
  });
  call.on('end', () => call.end());
  call.on('error', () => undefined);
}

/** One append a call: options first, then an event each. */
export function append(
  { log, faults, maxAppendBytes }: AppendRules,
  call: ServerReadableStream<AppendReq, AppendResp>,
  reply: sendUnaryData<AppendResp>,
): void {
  let options: AppendReq.Options | undefined;
  const messages: Message[] = [];
  call.on('data', (request: AppendReq) => {
    options ??= request.getOptions();
    if (request.hasProposedMessage()) messages.push(messageOf(request.getProposedMessage()!));
  });
  call.on('error', () => undefined);
  call.on('end', () => {
    if (!options) return reply(errorOf(status.INVALID_ARGUMENT, 'The options must come first.'));
    if (sizeOf(messages) > maxAppendBytes) {
      const error = errorOf(status.INVALID_ARGUMENT, 'Too large.', 'maximum-append-size-exceeded');
      error.metadata.set('maximum-append-size', String(maxAppendBytes));
      return reply(error);
    }
    const { stream, expected } = {
      stream: nameOf(options.getStreamIdentifier()),
      expected: expectedOf(options),
    };
    faults.meet(
      () => log.append(stream, expected, messages),
      (written) => reply(null, 'current' in written ? refusal(expected, written) : success(written)),
    );
  });
}

function expectedOf(options: BatchAppendReq.Options | AppendReq.Options): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream exists';
  if (options.hasNoStream()) return NO_STREAM;
  return Number('getRevision' in options ? options.getRevision() : options.getStreamPosition());
}

const sizeOf = (messages: readonly Message[]): number =>
  messages.reduce(
    (bytes, { type, data, metadata }) => bytes + 2 * type.length + data.length + metadata.length,
    0,
  );

type Stored = Exclude<Written, { current: number }>;

const batchSuccess = ({ revision, position }: Stored): BatchAppendResp.Success =>
  new BatchAppendResp.Success().setCurrentRevision(String(revision)).setPosition(positionOf(position));

function failed(message: string, details: Uint8Array, type: string): Status {
  const any = new Any();
  any.pack(details, `event_store.client.${type}`);
  return new Status().setCode(INVALID_ARGUMENT).setMessage(message).setDetails(any);
}

const tooLarge = (limit: number): Status =>
  failed(
    'Maximum Append Size Exceeded',
    new MaximumAppendSizeExceeded().setMaxappendsize(limit).serializeBinary(),
    'MaximumAppendSizeExceeded',
  );

function wrongVersion(expected: Expected, { current }: { readonly current: number }): Status {
  const wrong = new WrongExpectedVersion();
  if (current === NO_STREAM) wrong.setCurrentNoStream(new GoogleEmpty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === NO_STREAM) wrong.setExpectedNoStream(new GoogleEmpty());
  else if (expected === 'stream exists') wrong.setExpectedStreamExists(new GoogleEmpty());
  else wrong.setExpectedStreamPosition(String(expected));
  return failed('Wrong Expected Version', wrong.serializeBinary(), 'WrongExpectedVersion');
}

function success({ revision, position }: Stored): AppendResp {
  const at = new AppendResp.Position()
    .setCommitPosition(String(position))
    .setPreparePosition(String(position));
  return new AppendResp().setSuccess(
    new AppendResp.Success().setCurrentRevision(String(revision)).setPosition(at),
  );
}

function refusal(expected: Expected, { current }: { readonly current: number }): AppendResp {
  const wrong = new AppendResp.WrongExpectedVersion();
  if (current === NO_STREAM) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentRevision(String(current));
  if (expected === NO_STREAM) wrong.setExpectedNoStream(new Empty());
  else if (expected === 'stream exists') wrong.setExpectedStreamExists(new Empty());
  else wrong.setExpectedRevision(String(expected));
  return new AppendResp().setWrongExpectedVersion(wrong);
}
