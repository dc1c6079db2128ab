import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Open } from '@tallystick/contracts';
import type { FastifyReply } from 'fastify';
import { register } from 'prom-client';

/** For Prometheus. It names routes and counts, never organizations or jobs. */
@ApiExcludeController()
@Open()
@Controller('metrics')
export class MetricsController {
  @Get()
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(register.contentType);
    return register.metrics();
  }
}
