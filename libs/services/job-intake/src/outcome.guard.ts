import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { CallerRequest } from '@tallystick/contracts/http';
import { CONFIGURATION } from '@tallystick/hosting';
import { assertMayEndJobs } from './scope';
import type { IntakeSettings } from './settings';

/** For routes of outcomes and heartbeats: checks the role of the key before the body is read. */
@Injectable()
export class OutcomeGuard implements CanActivate {
  constructor(@Inject(CONFIGURATION) private readonly limits: IntakeSettings) {}

  canActivate(context: ExecutionContext): boolean {
    assertMayEndJobs(context.switchToHttp().getRequest<CallerRequest>().caller!, this.limits);
    return true;
  }
}
