import { HttpException } from '@nestjs/common';
import {
  BrokenInvariant,
  NO_ROOM,
  Problem,
  unavailable,
  unknownOutcome,
  type ProblemCode,
} from '@tallystick/contracts/http';
import { stoppedDetail } from '@tallystick/contracts/ledger';
import { AnswerLost } from '@tallystick/adapters/http';
import {
  AmbiguousAppend,
  AppendRefused,
  BusUnavailable,
  CommandAborted,
  RevisionGap,
  StoreUnavailable,
  StoreUnwritable,
  StreamDeleted,
  StreamQuarantined,
  UnknownOutcome,
  UnreadableRecord,
  WrongRevision,
} from '@tallystick/eventing';
import { howToRepeat, isWrite } from '../idempotency/repeating';

/** The parts of a request that determine the advice in its problem. */
export interface FailedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

const stopped = (_: FailedRequest, { stream, reason }: StreamQuarantined): Problem =>
  new Problem(500, 'organization_stopped', stoppedDetail(reason, stream), {
    stopped: { kind: reason.kind, revision: reason.revision },
  });

const unreadable = (asked: FailedRequest, error: UnreadableRecord): Problem =>
  stopped(asked, new StreamQuarantined(error.record.stream, error));

const broken = (): Problem =>
  new Problem(
    500,
    'organization_stopped',
    'This organization is stopped until an operator has looked at it. Nothing was moved; other organizations go on.',
  );

/** The store does not have the requested events any more. An answer without them would be wrong. */
const historyMissing = (_: FailedRequest, { message }: RevisionGap | StreamDeleted): Problem =>
  new Problem(
    410,
    'history_missing',
    `${message} What depends on them is not shown. An operator has to bring them back from a backup.`,
  );

const refused = (): Problem =>
  new Problem(
    500,
    'internal_error',
    'The event store refuses the data of this request. Nothing was stored, and a retry is refused too. Report the correlation id to an operator.',
  );

const internal = (): Problem =>
  new Problem(
    500,
    'internal_error',
    'The server failed to handle the request. Report the correlation id to an operator.',
  );

const NOTHING_STORED = 'Nothing was stored by this request; send the same again.';

const away = ({ method }: FailedRequest): Problem =>
  unavailable(`The store cannot be used now. ${isWrite(method) ? NOTHING_STORED : 'Try again in a moment.'}`);

const unwritable = (): Problem => unavailable(NO_ROOM);

const undecided = (): Problem =>
  unavailable(
    `This could not be decided: the service is stopping, or others write to the same organization. ${NOTHING_STORED}`,
  );

/** A read has no outcome that could be unknown. */
const unknown =
  (what: string) =>
  ({ method, url, headers }: FailedRequest): Problem =>
    isWrite(method)
      ? unknownOutcome(
          `${what} Whether this was stored is unknown. ${howToRepeat(method, url, headers['idempotency-key'] !== undefined)}`,
        )
      : unavailable(`${what} Try again in a moment.`);

const noAnswer = unknown('The store did not answer.');

type Mapping = readonly [new (...args: never[]) => Error, (asked: FailedRequest, error: never) => Problem];

/** The problem for each error class of this code base. */
const OURS: readonly Mapping[] = [
  [StoreUnwritable, unwritable],
  [StoreUnavailable, away],
  [AppendRefused, refused],
  [UnknownOutcome, noAnswer],
  [AmbiguousAppend, noAnswer],
  [AnswerLost, unknown('The ledger did not answer.')],
  [BusUnavailable, unknown('The bus cannot be reached.')],
  [CommandAborted, undecided],
  [WrongRevision, undecided],
  [StreamQuarantined, stopped],
  [BrokenInvariant, broken],
  [UnreadableRecord, unreadable],
  [RevisionGap, historyMissing],
  [StreamDeleted, historyMissing],
];

export const tookTooLong = unknown('This took too long.');

/** Problems for error codes of the HTTP server. */
const SERVERS: Readonly<Record<string, () => Problem>> = {
  FST_ERR_BAD_URL: () => new Problem(400, 'invalid_request', 'The address is not a valid one.'),
};

const BY_STATUS: Readonly<Record<number, readonly [code: ProblemCode, detail: string]>> = {
  400: ['invalid_request', 'The request cannot be read.'],
  404: ['not_found', 'There is nothing at this address. See /docs.'],
  405: ['method_not_allowed', 'This address takes other methods.'],
  406: ['not_acceptable', 'None of the forms you accept can be given.'],
  408: ['request_timeout', 'The request did not arrive in time. Send it again.'],
  413: ['body_too_large', 'The body is too large.'],
  414: ['address_too_long', 'The address is too long.'],
  415: ['unsupported_media_type', 'Send JSON: `Content-Type: application/json`.'],
  431: ['headers_too_large', 'The headers are too large.'],
  503: ['unavailable', 'This service is starting or stopping. Try again in a moment.'],
};

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** The JSON body of a problem; its members are at the top level. */
export const bodyOf = ({ status, code, title, detail, members }: Problem, correlationId: string): object => ({
  type: `/docs/problems#${code}`,
  title,
  status,
  detail,
  code,
  correlationId,
  ...members,
});

/** Codes of the problems that the HTTP server itself raises. */
export const SERVER_CODES = Object.values(BY_STATUS).map(([code]) => code);

/** The problem for one of the statuses that the HTTP server itself raises. */
export function problemOfStatus(status: number): Problem {
  const [code, detail] = BY_STATUS[status]!;
  return new Problem(status, code, detail);
}

/** The problem to answer for an error. `isFault`: the error is the server's, and is logged. */
export function problemOf(error: unknown, asked: FailedRequest): { problem: Problem; isFault: boolean } {
  if (error instanceof Problem) return { problem: error, isFault: false };
  const ours = OURS.find(([type]) => error instanceof type);
  if (ours) return { problem: ours[1](asked, error as never), isFault: true };
  const { code } = (error instanceof HttpException ? (error.cause ?? error) : (error ?? {})) as {
    code?: unknown;
  };
  const server = typeof code === 'string' ? SERVERS[code]?.() : undefined;
  if (server) return { problem: server, isFault: server.status >= 500 };
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  const known = BY_STATUS[status];
  return known
    ? { problem: new Problem(status, known[0], known[1]), isFault: status >= 500 }
    : status >= 400 && status < 500
      ? { problem: new Problem(status, 'invalid_request', 'The request cannot be taken.'), isFault: false }
      : { problem: internal(), isFault: true };
}

const statusOf = (error: unknown): number => {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode < 500 ? statusCode : 500;
};
