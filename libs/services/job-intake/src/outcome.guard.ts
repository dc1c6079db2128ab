import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { LIMITS, type CallerRequest, type Limits } from '@tallystick/contracts/http';
import { assertMayEndJobs } from './scope';

/** Of routes that take outcomes and heartbeats: looks at the key before the body is checked. */
@Injectable()
export class OutcomeGuard implements CanActivate {
  constructor(@Inject(LIMITS) private readonly limits: Limits) {}

  canActivate(context: ExecutionContext): boolean {
    assertMayEndJobs(context.switchToHttp().getRequest<CallerRequest>().caller!, this.limits);
    return true;
  }
}
