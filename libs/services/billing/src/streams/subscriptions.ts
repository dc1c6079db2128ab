import { Injectable } from '@nestjs/common';
import type { BillingAccount, BillingAnswer, BillingCommand } from '@tallystick/domain/billing';
import { CommandService, ParkingService, Projections, VerificationService } from '@tallystick/hosting';
import { Signal, SystemClock } from '@tallystick/runtime';

/** The streams of subscriptions: one per organization. Every decision about its money is made there. */
@Injectable()
export class Subscriptions {
  private readonly changed = new Signal();

  constructor(
    readonly commands: CommandService<BillingAccount, BillingCommand, BillingAnswer>,
    readonly projections: Projections,
    readonly parking: ParkingService,
    readonly verifications: VerificationService,
    private readonly clock: SystemClock,
  ) {
    projections.onProjected(() => this.changed.notify());
  }

  execute(organizationId: string, command: BillingCommand) {
    return this.commands.execute(organizationId, command);
  }

  /** The state at the end of the stream; the query must neither keep nor change it. */
  read<T>(organizationId: string, query: (account: BillingAccount) => T) {
    return this.commands.read(organizationId, query);
  }

  /** Resolves when the state of the organization `has` it, or after some time. Another process may change the state. */
  async until(organizationId: string, has: (account: BillingAccount) => boolean, milliseconds: number): Promise<void> {
    const deadline = this.clock.monotonic() + milliseconds;
    for (;;) {
      const left = deadline - this.clock.monotonic();
      const changed = this.changed.wait({ timeoutMilliseconds: Math.max(0, left) });
      if ((await this.read(organizationId, has)).value || left <= 0) return;
      await changed;
    }
  }

  /** Resolves when the views have all events of the stream, or after some time. */
  async untilProjected(organizationId: string): Promise<void> {
    const { revision } = await this.read(organizationId, () => undefined);
    await this.projections.behind(organizationId, revision);
  }
}
