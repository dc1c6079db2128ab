import { Inject, Injectable, Logger } from '@nestjs/common';
import { notFound } from '@tallystick/contracts/http';
import { LOG_START, RecordStore, ViewStore } from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { StreamLog } from '../log/stream-log';
import { LongRunningOperations } from '../operations/long-running-operations';
import { STREAM, Stream } from '../stream/stream';
import { Projections } from './projections';

const PROGRESS_MILLISECONDS = 100;

/** Builds a view again from the log, beside the one that is served, and replaces it. */
@Injectable()
export class RebuildService {
  private readonly log = new Logger(RebuildService.name);
  private readonly operations: LongRunningOperations<object>;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly viewStore: ViewStore,
    private readonly projections: Projections,
    private readonly streamLog: StreamLog,
    records: RecordStore,
    clock: SystemClock,
  ) {
    this.operations = new LongRunningOperations({
      records,
      collection: stream.collections.operations,
      kind: 'rebuild',
      clock,
    });
  }

  /** Position and rows of each view, and the position of the copy that replaces it once it is built, in this process or another. */
  async views() {
    const rebuilding = new Map((await this.operations.running()).map((one) => [one.id, one]));
    const head = (await this.streamLog.end())?.position ?? LOG_START;
    const views = this.projections.progress().map(({ name, checkpoint, rebuilding: here }) => {
      return { name, checkpoint, position: here ?? rebuilding.get(name)?.position };
    });
    // A caller that waits for a rebuild asks again and again, and rows are counted each time.
    const isRebuilding = views.some(({ position }) => position !== undefined);
    return Promise.all(
      views.map(async ({ name, checkpoint, position }) => ({
        ...{ name, checkpoint, head },
        ...(position !== undefined && { rebuilding: { position, head: checkpoint } }),
        ...(!isRebuilding && { rows: await this.rowsOf(name) }),
      })),
    );
  }

  private async rowsOf(name: string): Promise<number> {
    const { table } = this.stream.definition.views.find((view) => view.table.name === name)!;
    const [totals] = await this.viewStore.total(table, { groupBy: [], sum: [] });
    return totals!['count'] as number;
  }

  /** Throws a 404 Problem for an unknown view. */
  async start(name: string): Promise<void> {
    const view = this.projections.progress().find((one) => one.name === name);
    if (!view) throw notFound('view');
    const progress = () => this.projections.progress().find((one) => one.name === name)?.rebuilding;
    const work = async (operation: { position: number }) => {
      const watching = setInterval(
        () => (operation.position = progress() ?? operation.position),
        PROGRESS_MILLISECONDS,
      );
      await this.projections.projector
        .rebuild(name)
        .catch((error: unknown) => this.failed(name, error))
        .finally(() => clearInterval(watching));
    };
    await this.operations.start(view.checkpoint, {}, work, name);
  }

  private failed(name: string, error: unknown): never {
    this.log.error(error, `View ${name} could not be rebuilt.`);
    throw error;
  }
}
