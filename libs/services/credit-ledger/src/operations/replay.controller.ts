import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '@tallystick/contracts/http';
import { OrganizationQueryDto } from '@tallystick/contracts/intake';
import type { ReplayResponse, VerificationResponse } from '@tallystick/contracts/ledger';
import { ReplayService, VerificationService } from '@tallystick/hosting';

/** Proofs of the ledger: the views against the log, and the log against the law. Both take a while: begun here, then watched. */
@ApiTags('operations')
@Controller('v1/ops')
@Allow('operator')
export class ReplayController {
  constructor(
    private readonly replays: ReplayService,
    private readonly verifications: VerificationService,
  ) {}

  @Post('replay')
  @HttpCode(202)
  beginReplay(@Body() { organizationId }: OrganizationQueryDto): Promise<ReplayResponse> {
    return this.replays.begin(organizationId);
  }

  @Get('replay/:id')
  replay(@Param('id') id: string): Promise<ReplayResponse> {
    return this.replays.progress(id);
  }

  @Post('verify')
  @HttpCode(202)
  beginVerification(): Promise<VerificationResponse> {
    return this.verifications.begin();
  }

  @Get('verify/:id')
  verification(@Param('id') id: string): Promise<VerificationResponse> {
    return this.verifications.progress(id);
  }
}
