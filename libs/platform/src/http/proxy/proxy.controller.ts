import { All, Controller, NotFoundException, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ServiceProxy } from '@tallystick/adapters/http';
import { Allow, type PlatformRequest, ROLES, TakesRawBody } from '@tallystick/contracts/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whenEnded } from '../server/connections';
import { HandedOn } from '../body/parameters.interceptor';

/**
 * So that callers need one address: what this process does not answer itself is the ledger's, which decides who may call it.
 * Here a key has to be good for anything, or the body is not read. A route of this process is always the nearer match. What is
 * internal to the services is never handed on.
 */
@ApiExcludeController()
@Allow(...ROLES)
@Controller()
export class ProxyController {
  constructor(private readonly ledger: ServiceProxy) {}

  @All('v1/*')
  @HandedOn()
  @TakesRawBody()
  async handOn(@Req() request: FastifyRequest & PlatformRequest, @Res() reply: FastifyReply): Promise<void> {
    const { method, url: path, correlationId, ip } = request;
    if (!isPublic(path)) throw new NotFoundException();
    const gone = new AbortController();
    whenEnded(reply.raw, () => gone.abort());
    const body = request.body as Buffer | undefined;
    const headers = { ...request.headers, 'x-correlation-id': correlationId, 'x-forwarded-for': ip };
    try {
      const answer = await this.ledger.request({ method, path, headers, body, signal: gone.signal });
      await reply.code(answer.status).headers(answer.headers).send(answer.body);
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    }
  }
}

/** As the ledger will read it: a path that leaves `/v1` by its dots leads to other routes. */
const isPublic = (path: string): boolean =>
  URL.canParse(path, 'http://ledger') && new URL(path, 'http://ledger').pathname.startsWith('/v1/');
