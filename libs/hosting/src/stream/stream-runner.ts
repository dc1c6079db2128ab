import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { HistorySealer } from '../sealing/history-sealer';
import { LedgerService } from '@tallystick/services/credit-ledger';
import { LogService } from '../log/log.service';
import { Projections } from '../projections/projections';
import { Publisher } from '../publishing/publisher';
import { Scheduler } from '../scheduling/scheduler';

/** What the ledger does by itself, begun and ended in order: first the views that decisions look into, last the commands. */
@Injectable()
export class StreamRunner implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly log: LogService,
    private readonly ledger: LedgerService,
    private readonly projections: Projections,
    private readonly publisher: Publisher,
    private readonly scheduler: Scheduler,
    private readonly sealer: HistorySealer,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.log.open();
    await this.projections.start();
    this.log.start();
  }

  onApplicationBootstrap(): void {
    this.publisher.start();
    this.scheduler.start();
    this.sealer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.scheduler.stop();
    await this.sealer.stop();
    await this.ledger.stop();
    await this.publisher.stop();
    await this.projections.projector.stop();
    await this.log.stop();
  }
}
