import { Body, Controller, Delete, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CurrentCaller,
  IdempotencyKeys,
  notFound,
  Problem,
  toInstant,
  type Caller,
  type HttpReply,
  type Page,
  OrganizationParam,
} from '@tallystick/contracts/http';
import {
  GrantDto,
  GrantsQueryDto,
  RevokeGrantDto,
  type GrantItem,
  type GrantResponse,
  type GrantRevokedResponse,
} from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import { v5 } from 'uuid';
import { AdministrationService } from '../commands/administration.service';
import { EventsReader } from '../reading/events-reader';
import { GrantsReader } from './grants-reader';

/** The namespace of ids that are derived from idempotency keys; never changed. */
const GRANT_IDS = '6f0b8f0e-6d1c-5d53-9d6a-2f5f3a1c7e11';

@ApiTags('credits')
@Controller('v1/organizations/:organization/grants')
export class GrantsController {
  constructor(
    private readonly administration: AdministrationService,
    private readonly reader: GrantsReader,
    private readonly events: EventsReader,
    private readonly clock: Clock,
  ) {}

  /**
   * The grant's id is the caller's, or comes from the Idempotency-Key: only so can it be sent again when its answer was lost,
   * without giving twice. What is answered then is what was given.
   */
  @Post()
  @Allow('operator')
  @ApiOperation({ summary: 'Give credits' })
  @ApiCreatedResponse({ description: 'Granted' })
  @ApiOkResponse({ description: 'Granted before, once' })
  async grant(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: GrantDto,
    @IdempotencyKeys() idempotencyKeys: readonly string[] | undefined,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<GrantResponse> {
    const { kind, credits, reason } = body;
    const [grantId, formerGrantId] = grantIdsOf(id, body.grantId, idempotencyKeys);
    const grant = {
      grantId,
      kind,
      credits,
      ...(body.scope != null && { scope: body.scope }),
      ...(body.expiresAt != null && { expiresAt: toInstant(body.expiresAt) }),
      ...(body.paid != null && { paid: { amount: body.paid.amount, currency: body.paid.currency } }),
      reason,
    };
    const command = {
      type: 'GrantCredits',
      ...grant,
      ...(formerGrantId !== undefined && { formerGrantId }),
      now: this.clock.instant(),
      actor: caller.keyId,
    } as const;
    const { answer, revision } = await this.administration.execute(id, command);
    const repeated = 'repeated' in answer ? answer.repeated : undefined;
    reply.status(repeated ? 200 : 201);
    if (repeated === undefined) return { organizationId: id, ...grant, revision };
    return { organizationId: id, ...(await this.events.grantAt(id, repeated.revision)), revision: repeated.revision };
  }

  @Get()
  @Allow('operator', 'organization', 'service')
  @ApiOperation({
    summary: 'All grants, newest first, with the places of their credits; those of single jobs are summed',
  })
  list(@OrganizationParam() id: string, @Query() query: GrantsQueryDto): Promise<Page<GrantItem>> {
    return this.reader.page(id, query);
  }

  /** Reserved credits stay with their jobs, and are revoked when they return. */
  @Delete(':grant')
  @Allow('operator')
  @ApiOperation({ summary: 'Revoke what is left of a grant' })
  async revoke(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Param('grant') grantId: string,
    @Body() body?: RevokeGrantDto,
  ): Promise<GrantRevokedResponse> {
    const { value: isKnown } = await this.administration.read(id, ({ given }) => given.has(grantId));
    if (!isKnown) throw notFound('grant');
    const reason = body?.reason ?? 'revoked by an operator';
    const command = {
      type: 'RevokeCredits',
      grantId,
      reason,
      cause: 'operator',
      now: this.clock.instant(),
      actor: caller.keyId,
    } as const;
    const { revision } = await this.administration.execute(id, command);
    return { organizationId: id, grantId, revision };
  }
}

function grantIdsOf(
  organizationId: string,
  given: string | null | undefined,
  idempotencyKeys: readonly string[] | undefined,
): readonly [string, string?] {
  if (given != null) return [given];
  const ids = idempotencyKeys?.map((key) => v5(`${organizationId} ${key}`, GRANT_IDS));
  if (ids !== undefined) return [ids[0]!, ids[1]];
  throw new Problem(
    422,
    'idempotency_required',
    'Give a grantId, or send an Idempotency-Key: with it the same grant can be sent again and is given once.',
  );
}
