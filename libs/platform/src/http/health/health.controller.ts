import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { Open, type LivenessResponse, type ReadinessResponse } from '@tallystick/contracts/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIGURATION } from '@tallystick/hosting';
import type { Configuration } from '../../configuration';
import { HealthRegistry, isOk } from './health-registry';
import { STORES, type StoresInUse } from '../../stores/stores-in-use';
import { clientOf } from '../access/client-address';
import { KeyCache } from '../access/key-cache';
import { isInside } from '../access/listeners';
import { keyIn } from '../access/security.guard';

@ApiTags('health')
@Open()
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthRegistry,
    @Inject(STORES) private readonly stores: StoresInUse,
    private readonly keys: KeyCache,
    @Inject(CONFIGURATION) private readonly configuration: Pick<Configuration, 'listen'>,
  ) {}

  /** Reports only that the process answers, so that an unavailable store does not cause a restart. */
  @Get('live')
  live(): LivenessResponse {
    return { status: 'ok' };
  }

  /** 200 when the process is ready, else 503. Internal callers and operators also get the faults and the stores and bus in use. */
  @Get('ready')
  @ApiOkResponse({ description: 'Ready' })
  @ApiServiceUnavailableResponse({ description: 'Not ready' })
  async ready(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReadinessResponse> {
    const [checks, seesAll] = await Promise.all([this.checks.all(), this.seesAll(request)]);
    const isReady = Object.values(checks).every(isOk);
    void reply.status(isReady ? 200 : 503);
    const status = isReady ? 'ok' : 'unavailable';
    return seesAll ? { status, checks, stores: { ...this.stores } } : { status };
  }

  /** A key that is unknown, or cannot be looked up now, gets the answer for callers without a key. */
  private async seesAll(request: FastifyRequest): Promise<boolean> {
    if (isInside(request, this.configuration)) return true;
    const key = keyIn(request);
    if (key === undefined) return false;
    const caller = await this.keys.holder(key, clientOf(request)).catch(() => undefined);
    return caller?.role === 'operator';
  }
}
