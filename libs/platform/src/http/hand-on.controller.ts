import { All, Controller, NotFoundException, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HandOn } from '@tallystick/adapters/http';
import { Allow, type PlatformRequest, ROLES } from '@tallystick/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HandedOn } from './parameters.interceptor';

/**
 * So that callers need one address: what this process does not answer itself is the ledger's, which also looks at the key's role.
 * A route of this process is always the nearer match. What is internal to the services is never handed on.
 */
@ApiExcludeController()
@Allow(...ROLES)
@Controller()
export class HandOnController {
  constructor(private readonly ledger: HandOn) {}

  @All('v1/*')
  @HandedOn()
  async handOn(@Req() request: FastifyRequest & PlatformRequest, @Res() reply: FastifyReply): Promise<void> {
    const { method, url: path, body, correlationId, ip } = request;
    if (!isPublic(path)) throw new NotFoundException();
    const headers = { ...request.headers, 'x-correlation-id': correlationId, 'x-forwarded-for': ip };
    const answer = await this.ledger.request({ method, path, headers, body });
    await reply.code(answer.status).headers(Object.fromEntries(answer.headers)).send(answer.body);
  }
}

/** As the ledger will read it: a path that leaves `/v1` by its dots leads to other routes. */
const isPublic = (path: string): boolean =>
  URL.canParse(path, 'http://ledger') && new URL(path, 'http://ledger').pathname.startsWith('/v1/');
