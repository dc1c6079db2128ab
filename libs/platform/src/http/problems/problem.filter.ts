import { Catch, type ArgumentsHost, type ExceptionFilter, Logger } from '@nestjs/common';
import { Problem } from '@tallystick/contracts/http';
import type { FastifyReply } from 'fastify';
import { refusals } from '../../telemetry';
import { OutageLog } from './outage-log';
import { bodyOf, PROBLEM_JSON, problemOf } from './problem-of';
import { otherMethods } from '../server/routes';
import type { HttpRequest } from '../http-request';

/** Answers all errors of HTTP handlers as problems (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');
  private readonly outages = new OutageLog(this.logger);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { problem, isFault } = problemOf(error, request);
    const { correlationId } = request;
    const about = { correlationId, code: problem.code, route: request.routeOptions?.url };
    if (problem.status === 503) this.outages.note(error, about);
    else if (isFault) this.logger.error(error, about);
    if (reply.sent || reply.raw.headersSent) return void reply.raw.end();
    const answer = problem.status === 404 ? wrongMethod(request, reply, problem) : problem;
    refusals.inc({ code: answer.code });
    const { retryAfter } = answer.members;
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    if (answer.status === 401) reply.header('www-authenticate', 'Bearer realm="tallystick"');
    if (answer.status === 415) reply.header('accept-encoding', 'gzip');
    void reply
      .code(answer.status)
      .header('content-type', PROBLEM_JSON)
      .send(JSON.stringify(bodyOf(answer, request.correlationId)));
  }
}

/** Problem 405 for an address that exists with other methods, else the given 404. */
function wrongMethod(request: HttpRequest, reply: FastifyReply, problem: Problem): Problem {
  const allowed = request.is404 ? otherMethods(request.server, request.url) : [];
  if (allowed.length === 0) return problem;
  reply.header('allow', allowed.join(', '));
  return new Problem(405, 'method_not_allowed', `This address takes ${allowed.join(', ')}, not ${request.method}.`);
}
