import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, IdempotencyKeys, type Page } from '@tallystick/contracts/http';
import {
  CreateOpsKeyDto,
  PageQueryDto,
  type ApiKeyResponse,
  type IssuedApiKeyResponse,
} from '@tallystick/contracts/ledger';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { KeysService } from './keys.service';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import type { LedgerSettings } from '../settings';

/** Keys of internal services and of operators: they belong to no organization. */
@ApiTags('operations')
@Allow('operator')
@Controller('v1/ops/keys')
export class OpsKeysController {
  constructor(
    private readonly keys: KeysService,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  @Get()
  async list(@Query() query: PageQueryDto): Promise<Page<ApiKeyResponse>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [];
    return pageOf(await this.keys.list(undefined, after, limit + 1), limit, ({ keyId }) => cursorOf([keyId]));
  }

  @Post()
  @ApiOperation({ summary: 'Make a key for a service or an operator; it is shown this once' })
  create(
    @Body() { role, name }: CreateOpsKeyDto,
    @IdempotencyKeys() idempotencyKeys?: readonly string[],
  ): Promise<IssuedApiKeyResponse> {
    return this.keys.issue({ role, ...(name != null && { name }) }, idempotencyKeys);
  }

  @Post(':key/roll')
  @HttpCode(200)
  roll(@Param('key') keyId: string): Promise<IssuedApiKeyResponse> {
    return this.keys.roll(undefined, keyId);
  }

  @Delete(':key')
  revoke(@Param('key') keyId: string): Promise<ApiKeyResponse> {
    return this.keys.revoke(undefined, keyId);
  }
}
