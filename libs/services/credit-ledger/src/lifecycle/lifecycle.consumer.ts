import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import { consumerTransportOf } from '@tallystick/hosting';
import { organizationOf } from './lifecycle-messages';
import { LifecycleService } from './lifecycle.service';
import { ParkingService } from '@tallystick/hosting';

/** Consumes jobs.lifecycle: decides in the same loop as HTTP, in groups, and answers on jobs.decisions. */
@Controller()
export class LifecycleConsumer {
  constructor(
    private readonly lifecycle: LifecycleService,
    private readonly parking: ParkingService,
  ) {
    parking.processWith((messages) => lifecycle.decide(lifecycle.read(messages)));
  }

  /** Invalid messages become dead letters. If the store or the bus fails, the whole batch is delivered again, and counts once. */
  @EventPattern(JOBS_LIFECYCLE, consumerTransportOf('credit-ledger'), { batch: true })
  async take(@Payload() messages: readonly ReceivedMessage[], @Ctx() context: unknown): Promise<void> {
    // (Nest leaves open what a transport hands over)
    const { heartbeat } = context as BatchContext;
    const read = this.lifecycle.read(messages);
    const organizationIds = new Set(read.valid.map(({ event }) => organizationOf(event)));
    const parked = await this.parking.filterParked([...organizationIds]);
    const undecided = await this.lifecycle.decide(read, parked, heartbeat);
    if (undecided.length > 0) await this.parking.park(undecided);
  }
}
