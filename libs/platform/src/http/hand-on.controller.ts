import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HandOn } from '@tallystick/adapters/http';
import { Allow, type PlatformRequest, TakesRawBody } from '@tallystick/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { whenEnded } from './connections';

/**
 * So that callers need one address: what this process does not answer itself is the ledger's, which decides who may call it.
 * Here a key has to be good for anything, or the body is not read. A route of this process is always the nearer match.
 */
@ApiExcludeController()
@Allow('service', 'project', 'organization', 'operator')
@Controller()
export class HandOnController {
  constructor(private readonly ledger: HandOn) {}

  @All('v1/*')
  @TakesRawBody()
  async handOn(@Req() request: FastifyRequest & PlatformRequest, @Res() reply: FastifyReply): Promise<void> {
    const gone = new AbortController();
    whenEnded(reply.raw, () => gone.abort());
    const { method, url: path, correlationId } = request;
    const body = request.body as Buffer | undefined;
    const headers = { ...request.headers, 'x-correlation-id': correlationId };
    try {
      const answer = await this.ledger.request({ method, path, headers, body, signal: gone.signal });
      await reply.code(answer.status).headers(answer.headers).send(answer.body);
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    }
  }
}
