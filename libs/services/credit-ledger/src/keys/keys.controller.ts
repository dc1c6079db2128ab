import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CurrentCaller,
  IdempotencyKeys,
  invalidInput,
  oneName,
  type Caller,
  type Page,
  type Problem,
  OrganizationParam,
} from '@tallystick/contracts/http';
import { POLICY } from '../policy';
import {
  ChangeKeyDto,
  CreateKeyDto,
  PageQueryDto,
  type ApiKeyResponse,
  type CappedApiKeyResponse,
  type CreatedApiKeyResponse,
  type IssuedApiKeyResponse,
} from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import { budgetCapOf, capKey, type Policy } from '@tallystick/domain/ledger';
import { AdministrationService } from '../commands/administration.service';
import { KeysService } from './keys.service';
import { afterEffect, CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import type { LedgerSettings } from '../settings';

/** Keys of an organization and its projects. A key is shown once, where it is made or rolled. */
@ApiTags('keys')
@Allow('operator', 'organization')
@Controller('v1/organizations/:organization/keys')
export class KeysController {
  constructor(
    private readonly keys: KeysService,
    private readonly administration: AdministrationService,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
    @Inject(POLICY) private readonly policy: Policy,
    private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Keys, without their secrets' })
  async list(@OrganizationParam() id: string, @Query() query: PageQueryDto): Promise<Page<CappedApiKeyResponse>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [];
    const page = pageOf(await this.keys.list(id, after, limit + 1), limit, ({ keyId }) => cursorOf([keyId]));
    return { ...page, data: await this.withCaps(id, page.data) };
  }

  @Post()
  @ApiOperation({ summary: 'Make a key for a project, or for the whole organization' })
  async create(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: CreateKeyDto,
    @IdempotencyKeys() idempotencyKeys?: readonly string[],
  ): Promise<CreatedApiKeyResponse> {
    await this.administration.read(id, () => undefined);
    const role = body.role ?? 'project';
    if (role === 'organization' && body.projectId != null) throw projectOfNone();
    const projectId = role === 'project' ? (body.projectId ?? 'default') : undefined;
    const request = {
      role,
      organizationId: id,
      ...(projectId !== undefined && { projectId }),
      ...(body.name != null && { name: body.name }),
    };
    const cap = oneName(body, 'cap', 'budgetCap');
    const issued = await this.keys.issue(request, idempotencyKeys);
    if (cap != null) await afterEffect(this.setCap(id, issued.keyId, cap, caller));
    // As stored: a repetition may find a key whose cap was set before.
    const [view] = await afterEffect(this.withCaps(id, [issued]));
    return { ...issued, budgetCap: view?.budgetCap ?? null };
  }

  @Put(':key')
  @ApiOperation({ summary: 'Set the key’s budget cap; null takes it away' })
  async change(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Param('key') keyId: string,
    @Body() body: ChangeKeyDto,
  ): Promise<CappedApiKeyResponse> {
    const cap = oneName(body, 'cap', 'budgetCap');
    const key = await this.keys.get(id, keyId);
    if (cap !== undefined) await this.setCap(id, keyId, cap, caller);
    const [view] = await afterEffect(this.withCaps(id, [key]));
    return view!;
  }

  @Post(':key/roll')
  @HttpCode(200)
  @ApiOperation({ summary: 'A new secret for the key; the old one ends at once' })
  roll(@OrganizationParam() id: string, @Param('key') keyId: string): Promise<IssuedApiKeyResponse> {
    return this.keys.roll(id, keyId);
  }

  @Delete(':key')
  @ApiOperation({ summary: 'Revoke a key' })
  revoke(@OrganizationParam() id: string, @Param('key') keyId: string): Promise<ApiKeyResponse> {
    return this.keys.revoke(id, keyId);
  }

  private async setCap(id: string, apiKeyId: string, credits: number | null, { keyId: actor }: Caller): Promise<void> {
    const now = this.clock.instant();
    const cap = { type: 'SetBudgetCap', target: { apiKeyId }, credits: credits ?? undefined } as const;
    await this.administration.execute(id, { ...cap, now, actor });
  }

  private async withCaps(id: string, keys: readonly ApiKeyResponse[]): Promise<CappedApiKeyResponse[]> {
    const { value } = await this.administration.read(id, (ledger) =>
      keys.map(({ keyId: apiKeyId }) => ({
        budgetCap: budgetCapOf(this.policy, ledger, { apiKeyId }) ?? null,
        used: ledger.spent.get(capKey({ apiKeyId }))?.value ?? 0,
      })),
    );
    return keys.map((key, index) => ({ ...key, ...value[index]! }));
  }
}

const projectOfNone = (): Problem =>
  invalidInput([
    {
      field: 'projectId',
      rule: 'contradiction',
      message: 'A key with the role organization is for all projects. Leave projectId out, or give the role project.',
    },
  ]);
