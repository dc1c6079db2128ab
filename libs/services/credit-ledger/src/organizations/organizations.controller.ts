import { Body, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  AllowBody,
  CurrentCaller,
  type Caller,
  type HttpReply,
  type Page,
  OrganizationParam,
} from '@tallystick/contracts/http';
import {
  CreateOrganizationDto,
  PageQueryDto,
  type OrganizationResponse,
  type OrganizationSummary,
} from '@tallystick/contracts/ledger';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { movedMembers, SUBSCRIBE } from './moved-members';
import { OrganizationsService } from './organizations.service';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import type { LedgerSettings } from '../settings';

@ApiTags('organizations')
@Controller('v1/organizations')
export class OrganizationsController {
  constructor(
    private readonly organizations: OrganizationsService,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  @Post()
  @Allow('operator')
  @AllowBody(movedMembers({ plan: SUBSCRIBE }))
  @ApiOperation({ summary: 'Make an organization' })
  @ApiCreatedResponse({ description: 'Created' })
  @ApiOkResponse({ description: 'Created before' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateOrganizationDto,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<OrganizationResponse> {
    const { isNew, organization } = await this.organizations.create(body, caller.keyId);
    reply.status(isNew ? 201 : 200);
    return organization;
  }

  @Get()
  @Allow('operator')
  @ApiOperation({ summary: 'All organizations' })
  async list(@Query() query: PageQueryDto): Promise<Page<OrganizationSummary>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [];
    return pageOf(await this.organizations.list(after, limit + 1), limit, ({ id }) => cursorOf([id]));
  }

  @Get(':organization')
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({ summary: 'An organization with its plan and its credits (billing.credits)' })
  get(@OrganizationParam() id: string): Promise<OrganizationResponse> {
    return this.organizations.get(id);
  }
}
