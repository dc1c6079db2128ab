import helmet from '@fastify/helmet';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type PlatformRequest, Problem, repeatedMember } from '@tallystick/contracts';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../configuration';
import { correlationIdOf } from '../logging';
import { httpSeconds, httpUnderWay } from '../telemetry';
import { bodyOf, PROBLEM_JSON, problemOf, tookTooLong } from './problem-of';
import { rememberRoutes } from './routes';

type Request = FastifyRequest & PlatformRequest;

/** JSON under any of its names: CloudEvents have two of their own. */
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/;
/** Longer than proxies keep idle connections, so that they never send into a closed one. */
const KEEP_ALIVE_MILLISECONDS = 75_000;
const LONGEST_PARAMETER = 512;

/** `isLost`: something that requests need does not answer. */
export function createServer(
  { maxBodyBytes, requestTimeoutSeconds, patienceMilliseconds }: Configuration,
  isLost: () => boolean = () => false,
): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutSeconds * 1_000,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    frameworkErrors: refuseAddress,
    // What still comes on an open connection during a stop is answered like the rest.
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_PARAMETER, ignoreTrailingSlash: true },
  });
  const server = adapter.getInstance() as unknown as FastifyInstance;
  rememberRoutes(server);
  takeJson(server);
  traceRequests(server);
  answerInTime(server, { patience: patienceMilliseconds, longest: requestTimeoutSeconds * 1_000, isLost });
  measureRequests(server);
  return adapter;
}

/** After the routes' own hooks are known and before the first route is made. */
export async function secureHeaders(adapter: FastifyAdapter): Promise<void> {
  await adapter.register(
    helmet as never,
    {
      contentSecurityPolicy: {
        // Plain HTTP behind somebody's own proxy must go on working.
        directives: { 'upgrade-insecure-requests': null },
      },
      strictTransportSecurity: false,
    } as never,
  );
}

function takeJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (request, body, done) => {
    // A command without members may come without a body.
    if (body.length === 0) done(null, undefined);
    else
      void parse(request, body as string, (error, value) =>
        error ? done(invalidJson(body as string)) : done(repeating(body as string), value),
      );
  });
}

/** The parser's own words say where; they may quote the body, which is the caller's own. */
function invalidJson(body: string): Problem {
  try {
    JSON.parse(body);
  } catch (error) {
    return new Problem(400, 'invalid_json', `The body is no valid JSON: ${(error as Error).message}.`);
  }
  return new Problem(
    400,
    'invalid_json',
    'The body has members that no JSON should have: __proto__ or constructor.',
  );
}

/** Of a member that is named twice other readers take another value than this one would. */
function repeating(body: string): Problem | null {
  const name = repeatedMember(body);
  if (name === undefined) return null;
  const detail = `The body names the member ${JSON.stringify(name)} twice in one object. Name each member once.`;
  return new Problem(400, 'invalid_json', detail);
}

/** The router refuses an address before any hook or filter of ours is asked. */
function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const correlationId = correlationIdOf(request.headers);
  const { problem } = problemOf(error, 0, request);
  void reply
    .code(problem.status)
    .headers({ 'x-correlation-id': correlationId, 'content-type': PROBLEM_JSON })
    .send(JSON.stringify(bodyOf(problem, correlationId)));
}

function traceRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    const correlationId = correlationIdOf(request.headers);
    (request as Request).correlationId = correlationId;
    void reply.header('x-correlation-id', correlationId);
    done();
  });
}

interface Waiting {
  readonly patience: number;
  readonly longest: number;
  readonly isLost: () => boolean;
}

const LOOK_MILLISECONDS = 250;

/**
 * The server's own handlerTimeout makes and aborts a controller for every request, in time or not; a timer costs next to
 * nothing. A request that outlasts the caller's patience is given up as soon as the service is not ready, else at the longest.
 */
function answerInTime(server: FastifyInstance, waiting: Waiting): void {
  const deadlines = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const arm = (request: FastifyRequest, reply: FastifyReply, milliseconds: number) =>
    deadlines.set(request, setTimeout(look, milliseconds, request, reply).unref());
  const look = (request: FastifyRequest, reply: FastifyReply): void => {
    const left = waiting.longest - reply.elapsedTime;
    if (left <= 0 || waiting.isLost()) giveUp(request as Request, reply);
    else arm(request, reply, Math.min(left, LOOK_MILLISECONDS));
  };
  server.addHook('onRequest', (request, reply, done) => {
    arm(request, reply, Math.min(waiting.patience, waiting.longest));
    done();
  });
  server.addHook('onResponse', (request, _reply, done) => {
    clearTimeout(deadlines.get(request));
    done();
  });
}

function giveUp(request: Request, reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) return;
  const problem = tookTooLong(request);
  void reply
    .code(problem.status)
    .headers({ 'content-type': PROBLEM_JSON, 'retry-after': String(problem.members.retryAfter ?? 1) })
    .send(JSON.stringify(bodyOf(problem, request.correlationId)));
}

function measureRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, _reply, done) => {
    httpUnderWay.inc();
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    httpUnderWay.dec();
    const route = request.routeOptions.url ?? 'unknown';
    httpSeconds.observe(
      { route, method: request.method, status: reply.statusCode },
      reply.elapsedTime / 1_000,
    );
    done();
  });
}
