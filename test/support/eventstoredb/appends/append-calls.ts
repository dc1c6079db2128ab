import { Empty } from '@eventstore/db-client/generated/shared_pb';
import { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb';
import { type ServerReadableStream, type sendUnaryData, type ServiceError, status } from '@grpc/grpc-js';
import type { ServerClock } from '../server-clock';
import type { EventLog } from '../log/event-log';
import type { AppendFaults } from '../faults';
import {
  BadMessage,
  errorOf,
  isBadName,
  messageOf,
  nameOf,
  serverNotReady,
  streamDeleted,
  timedOut,
} from '../protocol';
import { handlerFailed } from '../reads/read-options';
import type { ServerReadiness } from '../readiness';
import { type ExpectedRevision, type ProposedEvent, NO_STREAM } from '../log/records';
import { type AppendOutcome, answerInTime, type Timeouts } from './append-timing';

export interface AppendRules {
  readonly log: EventLog;
  readonly faults: AppendFaults;
  readonly clock: ServerClock;
  readonly readiness: ServerReadiness;
  readonly timeouts: Timeouts;
  /** The limit of the server for the data of all events of one append. */
  readonly maxAppendBytes: number;
}

/** One append per call: the options first, then the events. */
export function append(
  rules: AppendRules,
  call: ServerReadableStream<AppendReq, AppendResp>,
  reply: sendUnaryData<AppendResp>,
): void {
  let options: AppendReq.Options | undefined;
  let refusal: ServiceError | undefined;
  let bytes = 0;
  const messages: ProposedEvent[] = [];
  call.on('data', (request: AppendReq) => {
    options ??= request.getOptions();
    if (!request.hasProposedMessage() || refusal) return;
    try {
      const message = messageOf(request.getProposedMessage()!);
      bytes += message.data.length;
      if (bytes > rules.maxAppendBytes) refusal = tooLarge(rules.maxAppendBytes);
      else messages.push(message);
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      refusal = handlerFailed();
    }
  });
  call.on('error', () => undefined);
  call.on('end', () => {
    if (call.cancelled) return;
    if (!options || isBadName(nameOf(options.getStreamIdentifier()))) refusal ??= handlerFailed();
    if (refusal) reply(refusal);
    else store(rules, options!, messages, reply);
  });
}

function store(
  { log, faults, readiness, timeouts }: AppendRules,
  options: AppendReq.Options,
  messages: readonly ProposedEvent[],
  reply: sendUnaryData<AppendResp>,
): void {
  const stream = nameOf(options.getStreamIdentifier());
  const expected = expectedOf(options);
  if (readiness.refuses()) return reply(serverNotReady());
  if (readiness.drops()) return readiness.atTimeout(() => reply(timedOut()));
  faults.meet(
    () => log.append(stream, expected, messages),
    (written) => answerInTime(log, timeouts, written, (answered) => answer(stream, expected, answered, reply)),
  );
}

/** The expected revision of an append or a deletion. */
export function expectedOf(
  options: Pick<AppendReq.Options, 'hasAny' | 'hasStreamExists' | 'hasNoStream' | 'getRevision'>,
): ExpectedRevision {
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream exists';
  return options.hasNoStream() ? NO_STREAM : Number(options.getRevision());
}

function tooLarge(limit: number): ServiceError {
  const error = errorOf(
    status.INVALID_ARGUMENT,
    `Maximum Append Size of ${limit} Exceeded.`,
    'maximum-append-size-exceeded',
  );
  error.metadata.set('maximum-append-size', String(limit));
  return error;
}

function answer(
  stream: string,
  expected: ExpectedRevision,
  answered: AppendOutcome,
  reply: sendUnaryData<AppendResp>,
): void {
  switch (answered.kind) {
    case 'stored':
      return reply(null, new AppendResp().setSuccess(success(answered)));
    case 'wrong revision':
      return reply(null, new AppendResp().setWrongExpectedVersion(wrongRevision(expected, answered.current)));
    case 'deleted':
      return reply(streamDeleted(stream));
    case 'timeout':
      return reply(timedOut());
  }
}

function success({ revision, position }: Extract<AppendOutcome, { kind: 'stored' }>): AppendResp.Success {
  const answer = new AppendResp.Success();
  if (revision === NO_STREAM) answer.setNoStream(new Empty());
  else answer.setCurrentRevision(String(revision));
  if (position === undefined) return answer.setNoPosition(new Empty());
  const at = String(position);
  return answer.setPosition(new AppendResp.Position().setCommitPosition(at).setPreparePosition(at));
}

function wrongRevision(expected: ExpectedRevision, current: number): AppendResp.WrongExpectedVersion {
  const wrong = new AppendResp.WrongExpectedVersion();
  if (current === NO_STREAM) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentRevision(String(current));
  if (expected === NO_STREAM) wrong.setExpectedNoStream(new Empty());
  else if (expected === 'any') wrong.setExpectedAny(new Empty());
  else if (expected === 'stream exists') wrong.setExpectedStreamExists(new Empty());
  else wrong.setExpectedRevision(String(expected));
  return wrong;
}
