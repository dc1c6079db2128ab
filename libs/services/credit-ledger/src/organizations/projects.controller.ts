import { Body, Controller, Get, Inject, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CurrentCaller,
  invalidInput,
  type Caller,
  type Page,
  OrganizationParam,
  ProjectParam,
} from '@tallystick/contracts/http';
import { PageQueryDto, ProjectDto, type ProjectResponse, type ProjectState } from '@tallystick/contracts/ledger';
import { ID_RULE, isId } from '@tallystick/domain/kernel';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import { ProjectsService } from './projects.service';
import type { LedgerSettings } from '../settings';

@ApiTags('organizations')
@Controller('v1/organizations/:organization/projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  @Get()
  @Allow('operator', 'organization', 'service')
  @ApiOperation({ summary: 'Projects with their caps and what they used in this billing period' })
  async list(@OrganizationParam() id: string, @Query() query: PageQueryDto): Promise<Page<ProjectState>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [];
    return pageOf(await this.projects.list(id, after, limit + 1), limit, ({ projectId }) => cursorOf([projectId]));
  }

  @Get(':project')
  @Allow('operator', 'organization', 'project', 'service')
  get(@OrganizationParam() id: string, @ProjectParam() projectId: string): Promise<ProjectResponse> {
    return this.projects.get(id, checked(projectId));
  }

  @Put(':project')
  @Allow('operator', 'organization')
  @ApiOperation({ summary: 'Set a project’s name, budget cap or retention; a cap of null takes it away' })
  put(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @ProjectParam() projectId: string,
    @Body() body: ProjectDto,
  ): Promise<ProjectResponse> {
    return this.projects.put(id, checked(projectId), body, caller.keyId);
  }
}

function checked(projectId: string): string {
  if (isId(projectId)) return projectId;
  throw invalidInput([{ field: 'project', rule: 'id', message: `Give ${ID_RULE}.` }]);
}
