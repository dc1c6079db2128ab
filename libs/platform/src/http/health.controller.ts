import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Open } from '@tallystick/contracts';
import type { FastifyReply } from 'fastify';
import { Checks, isOk } from '../running/checks';
import { STORES, type StoresInUse } from '../stores';

@ApiTags('health')
@Open()
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: Checks,
    @Inject(STORES) private readonly stores: StoresInUse,
  ) {}

  /** The process answers; nothing more, so that a lost store does not restart it. */
  @Get('live')
  live(): object {
    return { status: 'ok' };
  }

  /** 200 when it can take traffic, else 503 with what is wrong; and which stores and bus are in use. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const checks = await this.checks.all();
    const isReady = Object.values(checks).every(isOk);
    void reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ok' : 'unavailable', checks, stores: this.stores };
  }
}
