import { Inject, Injectable } from '@nestjs/common';
import { LOG_START } from '@tallystick/eventing';
import { ActivityRegistry } from '../activity/activity-registry';
import { StreamLog } from '../log/stream-log';
import { Projections } from '../projections/projections';
import { Publisher } from '../publishing/publisher';
import { DueSources } from '../scheduling/due-sources';
import { Scheduler } from '../scheduling/scheduler';
import { STREAM, Stream } from './stream';

/** Registers what a category does in the background and on time. */
@Injectable()
export class StreamActivities {
  constructor(
    @Inject(STREAM) { definition: { category } }: Stream,
    private readonly log: StreamLog,
    projections: Projections,
    publisher: Publisher,
    scheduler: Scheduler,
    activities: ActivityRegistry,
    due: DueSources,
  ) {
    due.register(scheduler);
    activities.register(`views of ${category}`, {
      isIdle: async () => projections.projector.position >= (await this.end()),
      untilIdle: async () => projections.untilReached(await this.end()),
    });
    activities.register(`publisher of ${category}`, {
      isIdle: async () => (publisher.position ?? LOG_START) >= (await this.end()),
      untilIdle: async (signal) => publisher.untilPublished(await this.end(), signal),
    });
  }

  private async end(): Promise<number> {
    return (await this.log.end())?.position ?? LOG_START;
  }
}
