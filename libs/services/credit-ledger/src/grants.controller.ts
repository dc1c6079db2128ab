import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow, Clock, CurrentCaller, GrantDto, GrantsQueryDto, IdempotencyKey, notFound, Problem, RevokeGrantDto, toInstant,
  type Caller,
} from '@tallystick/contracts'; // prettier-ignore
import { v5 } from 'uuid';
import { AdministrationService } from './administration.service';
import { GrantsReader } from './grants-reader';
import type { Reply } from './reply';

/** Of the ids that are made from idempotency keys; fixed for ever. */
const GRANT_IDS = '6f0b8f0e-6d1c-5d53-9d6a-2f5f3a1c7e11';

@ApiTags('credits')
@Controller('v1/organizations/:organization/grants')
export class GrantsController {
  constructor(
    private readonly administration: AdministrationService,
    private readonly reader: GrantsReader,
    private readonly clock: Clock,
  ) {}

  /**
   * The grant's id is the caller's, or comes from the Idempotency-Key: only so can it be sent again when its answer was lost,
   * without giving twice.
   */
  @Post()
  @Allow('operator')
  @ApiOperation({ summary: 'Give credits' })
  @ApiCreatedResponse({ description: 'Given' })
  @ApiOkResponse({ description: 'Was given before, once' })
  async grant(
    @CurrentCaller() caller: Caller,
    @Param('organization') id: string,
    @Body() body: GrantDto,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const { kind, credits, reason } = body;
    const grant = {
      grantId: body.grantId ?? grantIdOf(id, idempotencyKey),
      kind,
      credits,
      ...(body.scope != null && { scope: body.scope }),
      ...(body.expiresAt != null && { expiresAt: toInstant(body.expiresAt) }),
      reason,
    };
    const command = {
      type: 'GrantCredits',
      ...grant,
      now: this.clock.instant(),
      actor: caller.keyId,
    } as const;
    const { answer, revision } = await this.administration.execute(id, command);
    const repeated = 'repeated' in answer ? answer.repeated : undefined;
    reply.status(repeated ? 200 : 201);
    return { organizationId: id, ...grant, revision: repeated?.revision ?? revision };
  }

  @Get()
  @Allow('operator', 'organization', 'service')
  @ApiOperation({
    summary: 'All grants, newest first, with the places of their credits; those of single jobs are summed',
  })
  list(@Param('organization') id: string, @Query() query: GrantsQueryDto) {
    return this.reader.page(id, query);
  }

  /** What is reserved stays with its jobs, and is revoked when it comes back. */
  @Delete(':grant')
  @Allow('operator')
  @ApiOperation({ summary: 'Revoke what is left of a grant' })
  async revoke(
    @CurrentCaller() caller: Caller,
    @Param('organization') id: string,
    @Param('grant') grantId: string,
    @Body() body?: RevokeGrantDto,
  ) {
    const { value: isKnown } = await this.administration.read(id, ({ given }) => given.has(grantId));
    if (!isKnown) throw notFound('grant');
    const reason = body?.reason ?? 'revoked by an operator';
    const command = {
      type: 'RevokeCredits',
      grantId,
      reason,
      now: this.clock.instant(),
      actor: caller.keyId,
    } as const;
    const { revision } = await this.administration.execute(id, command);
    return { organizationId: id, grantId, revision };
  }
}

function grantIdOf(organizationId: string, idempotencyKey: string | undefined): string {
  if (idempotencyKey !== undefined) return v5(`${organizationId} ${idempotencyKey}`, GRANT_IDS);
  throw new Problem(
    422,
    'idempotency_required',
    'Give a grantId, or send an Idempotency-Key: with it the same grant can be sent again and is given once.',
  );
}
