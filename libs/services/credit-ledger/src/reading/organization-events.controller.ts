import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, OrganizationParam, type Page } from '@tallystick/contracts/http';
import { EventsQueryDto, type EventItem } from '@tallystick/contracts/ledger';
import { isQuarantined } from '@tallystick/hosting';
import { AdministrationService } from '../commands/administration.service';
import { EventsReader } from './events-reader';

@ApiTags('credits')
@Controller('v1/organizations/:organization/events')
export class OrganizationEventsController {
  constructor(
    private readonly administration: AdministrationService,
    private readonly reader: EventsReader,
  ) {}

  @Get()
  @Allow('operator', 'organization')
  @ApiOperation({ summary: 'The organization’s stream, oldest first', operationId: 'Statements_events' })
  async events(@OrganizationParam() id: string, @Query() query: EventsQueryDto): Promise<Page<EventItem>> {
    // The stream of a stopped organization is what an operator has to look at.
    const latest = await this.administration
      .read(id, () => undefined)
      .catch((error: unknown) => {
        if (isQuarantined(error)) return undefined;
        throw error;
      });
    return this.reader.page(id, query, latest?.revision);
  }
}
