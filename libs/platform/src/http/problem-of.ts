import { HttpException } from '@nestjs/common';
import { Problem, stoppedDetail } from '@tallystick/contracts';
import { BrokenInvariant } from '@tallystick/domain/kernel';
import {
  AmbiguousAppend,
  BusUnavailable,
  NotDecided,
  RevisionGap,
  StoreUnavailable,
  StreamDeleted,
  StreamStopped,
  UnreadableRecord,
  WrongRevision,
} from '@tallystick/eventing';
import { titleOf } from './problem-types';

/** Seconds after which a caller may ask again, where nothing better is known. */
const RETRY_AFTER = 2;

const unavailable = (detail: string): Problem =>
  new Problem(503, 'unavailable', detail, { retryAfter: RETRY_AFTER });

const stopped = ({ stream, reason }: StreamStopped): Problem =>
  new Problem(500, 'organization_stopped', stoppedDetail(reason, stream), { stopped: reason });

const unreadable = (error: UnreadableRecord): Problem =>
  stopped(new StreamStopped(error.record.stream, error));

const broken = (): Problem =>
  new Problem(
    500,
    'organization_stopped',
    'This organization is stopped because its books do not add up. Nothing was moved. An operator must look at it; other organizations go on.',
  );

/** What was asked for lies in events that the store does not have any more: an answer without them would be wrong. */
const historyMissing = ({ message }: RevisionGap | StreamDeleted): Problem =>
  new Problem(
    410,
    'history_missing',
    `${message} What depends on them is not shown. An operator has to bring them back from a backup.`,
  );

const internal = (): Problem =>
  new Problem(500, 'internal_error', 'Something went wrong on our side. Tell us the correlation id.');

type Mapping = readonly [new (...args: never[]) => Error, (error: never) => Problem];

/** What a caller may know of each of our own errors. */
const OURS: readonly Mapping[] = [
  [
    StoreUnavailable,
    () => unavailable('The store cannot be reached. Nothing was stored; send the same again.'),
  ],
  [
    AmbiguousAppend,
    () => unavailable('The store did not say whether this was stored. Send the same again: it counts once.'),
  ],
  [BusUnavailable, () => unavailable('The bus cannot be reached. Send the same again: it counts once.')],
  [NotDecided, () => unavailable('Too many others write at once. Nothing was stored; send the same again.')],
  [
    WrongRevision,
    () => unavailable('Somebody else wrote at the same time. Nothing was stored; send the same again.'),
  ],
  [StreamStopped, stopped],
  [BrokenInvariant, broken],
  [UnreadableRecord, unreadable],
  [RevisionGap, historyMissing],
  [StreamDeleted, historyMissing],
];

export const tookTooLong = (): Problem =>
  unavailable('This took too long. Send the same again: it counts once.');

/** Of the HTTP server itself, by its error codes. */
const SERVERS: Readonly<Record<string, (limit: number) => Problem>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Problem(415, 'unsupported_media_type', 'Send JSON: `Content-Type: application/json`.'),
  FST_ERR_CTP_BODY_TOO_LARGE: (limit) =>
    new Problem(
      413,
      'body_too_large',
      `The body is larger than ${limit} bytes. Send it in several requests.`,
    ),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Problem(400, 'invalid_request', 'The body is not as long as its Content-Length says.'),
  FST_ERR_BAD_URL: () => new Problem(400, 'invalid_request', 'The address is not a valid one.'),
};

const BY_STATUS: Readonly<Record<number, readonly [code: string, detail: string]>> = {
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

/** The members of a problem stand at the top level. */
export const bodyOf = ({ status, code, detail, members }: Problem, correlationId: string): object => ({
  type: `/docs/problems#${code}`,
  title: titleOf(code, status),
  status,
  detail,
  code,
  correlationId,
  ...members,
});

/** The codes of what the HTTP server itself refuses. */
export const SERVER_CODES = Object.values(BY_STATUS).map(([code]) => code);

/** What a caller is told about an error; `isFault` says that it is ours and belongs in the log. */
export function problemOf(error: unknown, bodyLimit: number): { problem: Problem; isFault: boolean } {
  if (error instanceof Problem) return { problem: error, isFault: false };
  const ours = OURS.find(([type]) => error instanceof type);
  if (ours) return { problem: ours[1](error as never), isFault: true };
  const { code } = (error instanceof HttpException ? (error.cause ?? error) : (error ?? {})) as {
    code?: unknown;
  };
  const server = typeof code === 'string' ? SERVERS[code]?.(bodyLimit) : undefined;
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
