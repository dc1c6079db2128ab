import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import { organizationOf } from './lifecycle-messages';
import { LifecycleService } from './lifecycle.service';
import { ParkingService } from '@tallystick/hosting';

/** The whole life of jobs over the bus alone: decided in the same loop as HTTP, in groups, and answered on jobs.decisions. */
@Controller()
export class LifecycleConsumer {
  constructor(
    private readonly lifecycle: LifecycleService,
    private readonly parking: ParkingService,
  ) {}

  /** Bad messages are set aside; when the store or the bus cannot be had, the whole batch comes again, and counts once. */
  @EventPattern(JOBS_LIFECYCLE, { batch: true })
  async take(@Payload() messages: readonly ReceivedMessage[], @Ctx() context: unknown): Promise<void> {
    // (Nest leaves open what a transport hands over)
    const { heartbeat } = context as BatchContext;
    const read = this.lifecycle.read(messages);
    const organizationIds = new Set(read.good.map(({ event }) => organizationOf(event)));
    const parked = await this.parking.among([...organizationIds]);
    const waiting = await this.lifecycle.decide(read, parked, heartbeat);
    if (waiting.length > 0) await this.parking.park(waiting);
  }
}
