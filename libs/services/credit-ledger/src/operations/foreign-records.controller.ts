import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CurrentCaller, type Caller } from '@tallystick/contracts/http';
import { AcceptForeignDto, type AcceptedForeignResponse } from '@tallystick/contracts/ledger';
import { ForeignRecordsService } from '@tallystick/hosting';

@ApiTags('operations')
@Allow('operator')
@Controller('v1/ops/streams')
export class ForeignRecordsController {
  constructor(private readonly records: ForeignRecordsService) {}

  @Post(':stream/accept-foreign')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Accept that another program wrote a record of an organization’s stream: it is skipped, and the organization goes on',
  })
  async accept(
    @CurrentCaller() caller: Caller,
    @Param('stream') stream: string,
    @Body() { revision, reason }: AcceptForeignDto,
  ): Promise<AcceptedForeignResponse> {
    const { entityId: organizationId, ...accepted } = await this.records.accept(stream, revision, reason, caller.keyId);
    return { organizationId, ...accepted };
  }
}
