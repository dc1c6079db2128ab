import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '@tallystick/contracts/http';
import { OrganizationQueryDto } from '@tallystick/contracts/intake';
import type { ReplayResponse, VerificationResponse } from '@tallystick/contracts/ledger';
import { ReplayService, VerificationService } from '@tallystick/hosting';

/** Checks of the ledger: the views against the log, and the log against its invariants. Both run as long-running operations. */
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
    return this.replays.start(organizationId).then(replayOf);
  }

  @Get('replay/:id')
  replay(@Param('id') id: string): Promise<ReplayResponse> {
    return this.replays.get(id).then(replayOf);
  }

  @Post('verify')
  @HttpCode(202)
  beginVerification(): Promise<VerificationResponse> {
    return this.verifications.start().then(verificationOf);
  }

  @Get('verify/:id')
  verification(@Param('id') id: string): Promise<VerificationResponse> {
    return this.verifications.get(id).then(verificationOf);
  }
}

type Replay = Awaited<ReturnType<ReplayService['get']>>;
type VerificationState = Awaited<ReturnType<VerificationService['get']>>;

const ofOrganization = <T extends { entityId: string }>({ entityId: organizationId, ...rest }: T) => ({
  organizationId,
  ...rest,
});

const replayOf = ({ differences, ...replay }: Replay) => ({
  ...replay,
  differences: differences.map(({ view, ...difference }) => ({ view, ...ofOrganization(difference) })),
});

const verificationOf = ({ streams: organizations, breaches, ...verification }: VerificationState) => ({
  ...verification,
  organizations,
  breaches: breaches.map(ofOrganization),
});
