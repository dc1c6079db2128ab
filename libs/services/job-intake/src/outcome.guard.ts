import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { LIMITS, type CallerRequest, type Limits } from '@tallystick/contracts/http';
import { assertMayEndJobs } from './scope';

/** For routes of outcomes and heartbeats: checks the role of the key before the body is read. */
@Injectable()
export class OutcomeGuard implements CanActivate {
  constructor(@Inject(LIMITS) private readonly limits: Limits) {}

  canActivate(context: ExecutionContext): boolean {
    assertMayEndJobs(context.switchToHttp().getRequest<CallerRequest>().caller!, this.limits);
    return true;
  }
}
