import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { RecordStore } from '@tallystick/eventing';

const EVERY_MILLISECONDS = 60_000;

/** Reading leaves expired records out at once; here they leave the disk. */
@Injectable()
export class PurgeService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(PurgeService.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly records: RecordStore) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => (this.running = this.purge()), EVERY_MILLISECONDS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private purge(): Promise<unknown> {
    return this.records
      .purge(Date.now())
      .catch((error: unknown) =>
        this.log.warn(error, 'Expired records could not be removed; it is tried again.'),
      );
  }
}
