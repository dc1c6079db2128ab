import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Allow, OpenInside } from '@tallystick/contracts/http';
import type { FastifyReply } from 'fastify';
import { register } from 'prom-client';

/** Metrics for Prometheus: routes and counts, never organizations or jobs. Only operators and internal callers may read the load. */
@ApiExcludeController()
@OpenInside()
@Allow('operator')
@Controller('metrics')
export class MetricsController {
  @Get()
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(register.contentType);
    return register.metrics();
  }
}
