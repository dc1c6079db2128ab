import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { CommandService } from '../commands/command.service';
import { LagService } from '../projections/lag.service';
import { Projections } from '../projections/projections';
import { Publisher } from '../publishing/publisher';
import { Scheduler } from '../scheduling/scheduler';
import { HistorySealer } from '../sealing/history-sealer';

/** Starts and stops the background work of a category in order: the views that decisions look into first, the commands last. */
@Injectable()
export class StreamRunner implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly commands: CommandService,
    private readonly projections: Projections,
    private readonly publisher: Publisher,
    private readonly scheduler: Scheduler,
    private readonly sealer: HistorySealer,
    _lag: LagService,
  ) {}

  /** The log is open by then: its module is initialized before. */
  async onModuleInit(): Promise<void> {
    await this.projections.start();
  }

  onApplicationBootstrap(): void {
    this.publisher.start();
    this.scheduler.start();
    this.sealer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.scheduler.stop();
    await this.sealer.stop();
    await this.commands.stop();
    await this.publisher.stop();
    await this.projections.projector.stop();
  }
}
