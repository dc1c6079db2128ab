import { Empty } from '@eventstore/db-client/generated/shared_pb';
import {
  type DeleteReq,
  DeleteResp,
  type TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb';
import { type sendUnaryData, type ServiceError, status } from '@grpc/grpc-js';
import { type AppendRules, expectedOf } from './append-calls';
import {
  errorOf,
  headerOf,
  isBadName,
  nameOf,
  revisionText,
  serverNotReady,
  streamDeleted,
  timedOut,
} from '../protocol';
import { handlerFailed } from '../reads/read-options';
import { type ExpectedRevision, NO_STREAM, type WriteResult } from '../log/records';
import { type AppendOutcome, answerInTime } from './append-timing';

/** Soft deletion: the stream can be written again and continues with the next revision. */
export function deleteStream(rules: AppendRules, request: DeleteReq, reply: sendUnaryData<DeleteResp>): void {
  const remove = (stream: string, expected: ExpectedRevision) => rules.log.softDelete(stream, expected);
  run(rules, request.getOptions()!, remove, (error, at) => {
    if (at === undefined) return reply(error, new DeleteResp().setNoPosition(new Empty()));
    const position = new DeleteResp.Position().setCommitPosition(at).setPreparePosition(at);
    reply(null, new DeleteResp().setPosition(position));
  });
}

/** Permanent deletion. */
export function tombstoneStream(rules: AppendRules, request: TombstoneReq, reply: sendUnaryData<TombstoneResp>): void {
  const remove = (stream: string, expected: ExpectedRevision) => rules.log.tombstone(stream, expected);
  run(rules, request.getOptions()!, remove, (error, at) => {
    if (at === undefined) return reply(error, new TombstoneResp().setNoPosition(new Empty()));
    const position = new TombstoneResp.Position().setCommitPosition(at).setPreparePosition(at);
    reply(null, new TombstoneResp().setPosition(position));
  });
}

function run(
  { log, readiness, timeouts }: AppendRules,
  options: DeleteReq.Options | TombstoneReq.Options,
  remove: (stream: string, expected: ExpectedRevision) => WriteResult,
  reply: (error: ServiceError | null, at?: string) => void,
): void {
  const stream = nameOf(options.getStreamIdentifier());
  if (isBadName(stream)) return reply(handlerFailed());
  if (readiness.refuses()) return reply(serverNotReady());
  if (readiness.drops()) return readiness.atTimeout(() => reply(timedOut()));
  const expected = expectedOf(options);
  answerInTime(log, timeouts, remove(stream, expected), (answered) => {
    if (answered.kind === 'stored') reply(null, String(answered.position));
    else reply(refusal(stream, expected, answered));
  });
}

function refusal(
  stream: string,
  expected: ExpectedRevision,
  answered: Exclude<AppendOutcome, { kind: 'stored' }>,
): ServiceError {
  if (answered.kind === 'deleted') return streamDeleted(stream);
  if (answered.kind === 'timeout') return timedOut();
  const [wanted, actual] = [NUMBERS[expected] ?? String(expected), revisionText(answered.current)];
  const error = errorOf(
    status.FAILED_PRECONDITION,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${wanted}, Actual version: ${actual}`,
    'wrong-expected-version',
  );
  error.metadata.set('stream-name', headerOf(stream));
  error.metadata.set('expected-version', wanted);
  error.metadata.set('actual-version', actual);
  return error;
}

/** The numbers of the server for values that are not revisions. */
const NUMBERS: Readonly<Record<string, string>> = {
  [NO_STREAM]: '-1',
  any: '-2',
  'stream exists': '-4',
};
