import { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Problem } from '@tallystick/contracts/http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../../configuration';
import { correlationIdOf } from '../../logging';
import { httpSeconds, httpUnderWay } from '../../telemetry';
import { boundConnections, serverOptions, whenEnded } from './connections';
import { guardEntrance, keepNowhere } from '../access/entrance';
import { bodyOf, PROBLEM_JSON, problemOf, problemOfStatus, tookTooLong } from '../problems/problem-of';
import { rememberRoutes } from './routes';
import { refuseTunnels, refuseUnreadable } from './unreadable';
import type { HttpRequest } from '../http-request';

/** Longer than proxies keep idle connections, so that they never send into a closed one. */
const KEEP_ALIVE_MILLISECONDS = 75_000;
const LONGEST_PARAMETER = 512;

/** `isLost`: a store or service that requests need does not answer. */
export function createServer(configuration: Configuration, isLost: () => boolean = () => false): FastifyAdapter {
  const { maxPipelined, requestTimeoutSeconds, patienceMilliseconds, trustedProxies } = configuration;
  const requestTimeout = requestTimeoutSeconds * 1_000;
  const adapter = new FastifyAdapter({
    http: serverOptions(requestTimeout),
    requestTimeout,
    // Closes a connection without progress, such as that of a client that does not read its answers.
    connectionTimeout: 2 * requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: refuseAddress,
    trustProxy: trustedProxies === undefined ? false : [...trustedProxies],
    // Requests on open connections during a stop are answered normally.
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_PARAMETER, ignoreTrailingSlash: true },
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  rememberRoutes(server);
  leaveBodies(server);
  boundConnections(server, maxPipelined);
  traceRequests(server);
  answerInTime(server, { patience: patienceMilliseconds, longest: requestTimeout, isLost });
  measureRequests(server);
  // (last, so that their refusals are measured too)
  refuseOtherForms(server);
  guardEntrance(server, configuration);
  refuseTunnels(server.server);
  return adapter;
}

/** Called after the hooks are added and before the first route is registered. */
export async function secureHeaders(adapter: FastifyAdapter): Promise<void> {
  await adapter.register(
    helmet as never,
    {
      contentSecurityPolicy: {
        // Plain HTTP behind an operator's own proxy must work.
        directives: { 'upgrade-insecure-requests': null },
      },
      strictTransportSecurity: false,
    } as never,
  );
}

/** Bodies are read once the caller is known (BodyInterceptor), not by the server. */
function leaveBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _body, done) => done(null));
}

/** Refuses request targets in the forms for proxies, which name a server. */
function refuseOtherForms(server: FastifyInstance): void {
  server.addHook('onRequest', async ({ raw }) => {
    if (raw.url?.startsWith('/') && !raw.url.includes('#')) return;
    throw new Problem(
      400,
      'invalid_request',
      'Send the path alone, such as `GET /v1/jobs`, with the host in the Host header.',
    );
  });
}

/** Answers for addresses that the router refuses before any hook or filter runs. */
function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const correlationId = correlationIdOf(request.headers);
  const { problem } = problemOf(error, request);
  keepNowhere(reply);
  void reply
    .code(problem.status)
    .headers({ 'x-correlation-id': correlationId, 'content-type': PROBLEM_JSON })
    .send(JSON.stringify(bodyOf(problem, correlationId)));
}

function traceRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const correlationId = correlationIdOf(request.headers);
    (request as HttpRequest).correlationId = correlationId;
    void reply.header('x-correlation-id', correlationId);
    done();
  });
}

interface ResponseLimits {
  readonly patience: number;
  readonly longest: number;
  readonly isLost: () => boolean;
}

const LOOK_MILLISECONDS = 250;

/** The configuration of a route whose work has its own time limit: its answer may come much later than others. */
export const ANSWERS_LATE = { answersLate: true };

/**
 * Answers requests that take too long: after `patience` as soon as the service is not ready, in any case after `longest`. A timer is
 * cheaper than Fastify's handlerTimeout, which creates and aborts a controller for every request.
 */
function answerInTime(server: FastifyInstance, waiting: ResponseLimits): void {
  const deadlines = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const arm = (request: FastifyRequest, reply: FastifyReply, milliseconds: number) =>
    deadlines.set(request, setTimeout(look, milliseconds, request, reply).unref());
  const look = (request: FastifyRequest, reply: FastifyReply): void => {
    const left = waiting.longest - reply.elapsedTime;
    if (left <= 0 || waiting.isLost()) giveUp(request as HttpRequest, reply);
    else arm(request, reply, Math.min(left, LOOK_MILLISECONDS));
  };
  server.addHook('onRequest', (request, reply, done) => {
    if ('answersLate' in request.routeOptions.config) {
      // Node sets it again for the next request.
      if (request.raw.socket instanceof Socket) request.raw.socket.setTimeout(0);
      return done();
    }
    arm(request, reply, Math.min(waiting.patience, waiting.longest));
    whenEnded(reply.raw, () => clearTimeout(deadlines.get(request)));
    done();
  });
}

function giveUp(request: HttpRequest, reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) return;
  const problem = request.raw.complete === false ? problemOfStatus(408) : tookTooLong(request);
  void reply
    .code(problem.status)
    .headers({ 'content-type': PROBLEM_JSON, 'retry-after': String(problem.members.retryAfter ?? 1) })
    .send(JSON.stringify(bodyOf(problem, request.correlationId)));
}

function measureRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
    httpUnderWay.inc();
    whenEnded(reply.raw, () => httpUnderWay.dec());
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    httpSeconds.observe({ route, method: request.method, status: reply.statusCode }, reply.elapsedTime / 1_000);
    done();
  });
}
