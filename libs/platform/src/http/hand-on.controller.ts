import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HandOn } from '@tallystick/adapters/http';
import { Open, type PlatformRequest } from '@tallystick/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HandedOn } from './parameters.guard';

/**
 * So that callers need one address: what this process does not answer itself is the ledger's, which also looks at the key.
 * A route of this process is always the nearer match.
 */
@ApiExcludeController()
@Open()
@Controller()
export class HandOnController {
  constructor(private readonly ledger: HandOn) {}

  @All(['v1/*', 'internal/*'])
  @HandedOn()
  async handOn(@Req() request: FastifyRequest & PlatformRequest, @Res() reply: FastifyReply): Promise<void> {
    const { method, url: path, body, correlationId } = request;
    const headers = { ...request.headers, 'x-correlation-id': correlationId };
    const answer = await this.ledger.request({ method, path, headers, body });
    await reply.code(answer.status).headers(Object.fromEntries(answer.headers)).send(answer.body);
  }
}
