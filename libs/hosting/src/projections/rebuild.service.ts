import { Injectable, Logger } from '@nestjs/common';
import { notFound } from '@tallystick/contracts/http';
import { LOG_START, RecordStore } from '@tallystick/eventing';
import { LogService } from '../log/log.service';
import { Projections } from './projections';
import { LongRunningOperations } from '../operations/long-running-operations';

/** Views as they are served, and the copies that are to replace them. */
@Injectable()
export class RebuildService {
  private readonly log = new Logger(RebuildService.name);
  private readonly undertakings: LongRunningOperations<object>;

  constructor(
    private readonly projections: Projections,
    private readonly identity: LogService,
    records: RecordStore,
  ) {
    this.undertakings = new LongRunningOperations(records, 'rebuild');
  }

  /** Of each view how far it is, and how far its copy, whichever process builds that. */
  async views() {
    const rebuilding = new Map((await this.undertakings.running()).map((one) => [one.id, one]));
    const head = (await this.identity.end())?.position ?? LOG_START;
    return this.projections.progress().map(({ name, checkpoint, rebuilding: here }) => {
      const position = here ?? rebuilding.get(name)?.position;
      return {
        name,
        checkpoint,
        head,
        ...(position !== undefined && { rebuilding: { position, head: checkpoint } }),
      };
    });
  }

  /** Throws a 404 Problem for a view that is not there. */
  async begin(name: string): Promise<void> {
    const view = this.projections.progress().find((one) => one.name === name);
    if (!view) throw notFound('view');
    const progress = () => this.projections.progress().find((one) => one.name === name)?.rebuilding;
    const work = async (undertaking: { position: number }) => {
      const looking = setInterval(() => (undertaking.position = progress() ?? undertaking.position), 100);
      await this.projections.projector
        .rebuild(name)
        .catch((error: unknown) => this.failed(name, error))
        .finally(() => clearInterval(looking));
    };
    await this.undertakings.begin(view.checkpoint, {}, work, name);
  }

  private failed(name: string, error: unknown): never {
    this.log.error(error, `View ${name} could not be rebuilt.`);
    throw error;
  }
}
