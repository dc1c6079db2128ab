import { Inject, Injectable } from '@nestjs/common';
import type { Row, Table } from '@tallystick/domain/kernel';
import { RecordStore, ViewStore } from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { LongRunningOperations } from '../operations/long-running-operations';
import { entityColumnOf, STREAM, Stream } from '../stream/stream';
import { Projections } from './projections';
import { scanTable } from './scan-table';

const GENERATION = 'replay';
/** The first differences show the error; all differences of a broken view would fill the memory. */
const MAX_DIFFERENCES = 20;

/** A row of a view that differs from the row that the log gives. */
export interface ReplayDifference {
  readonly view: string;
  readonly entityId: string;
  readonly key: string;
  readonly live: Row | null;
  readonly replayed: Row | null;
  readonly revision?: number;
}

/** Builds every view again from the log, beside the live ones, and compares the two. */
@Injectable()
export class ReplayService {
  private readonly operations: LongRunningOperations<{ differences: ReplayDifference[] }>;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly projections: Projections,
    private readonly views: ViewStore,
    records: RecordStore,
    clock: SystemClock,
  ) {
    const collection = stream.collections.operations;
    this.operations = new LongRunningOperations({ records, collection, kind: 'replay', clock });
  }

  /** One replay at a time, because they share the generation. `entityId`: compares the rows of one stream. */
  start(entityId?: string) {
    const { projector } = this.projections;
    return this.operations.start(projector.position, { differences: [] }, (replay) => {
      const previous = this.last;
      const run = async () => {
        await previous.catch(() => undefined);
        await projector.replay(
          GENERATION,
          (position) => (replay.position = position),
          async () => {
            for (const { table } of this.stream.definition.views)
              await this.compare(table, entityId, replay.differences);
          },
        );
      };
      const running = run();
      this.last = running;
      return running;
    });
  }

  get(id: string) {
    return this.operations.get(id);
  }

  private async compare(table: Table, entityId: string | undefined, differences: ReplayDifference[]): Promise<void> {
    const live = rowsOf(this.views, table, '', entityId);
    const replayed = rowsOf(this.views, table, GENERATION, entityId);
    let [a, b] = [await live.next(), await replayed.next()];
    while ((!a.done || !b.done) && differences.length < MAX_DIFFERENCES) {
      const order = a.done ? 1 : b.done ? -1 : compareKeys(table, a.value, b.value);
      const pair = {
        live: order <= 0 ? (a.value as Row) : null,
        replayed: order >= 0 ? (b.value as Row) : null,
      };
      if (order !== 0 || !isSame(table, pair.live!, pair.replayed!)) differences.push(differenceOf(table, pair));
      if (order <= 0) a = await live.next();
      if (order >= 0) b = await replayed.next();
    }
  }
}

async function* rowsOf(
  views: ViewStore,
  table: Table,
  generation: string,
  entityId?: string,
): AsyncGenerator<Row, undefined> {
  for await (const rows of scanTable(views, table, { generation, entityId })) yield* rows;
  return undefined;
}

function compareKeys(table: Table, a: Row, b: Row): number {
  for (const column of table.key) if (a[column] !== b[column]) return a[column]! < b[column]! ? -1 : 1;
  return 0;
}

const isSame = (table: Table, a: Row, b: Row): boolean =>
  Object.keys(table.columns).every((column) => a[column] === b[column]);

function differenceOf(table: Table, pair: { live: Row | null; replayed: Row | null }): ReplayDifference {
  const row = (pair.live ?? pair.replayed)!;
  const revision = (row.revision ?? row.endRevision ?? row.reserveRevision) as number | null | undefined;
  return {
    view: table.name,
    entityId: row[entityColumnOf(table)] as string,
    key: table.key.map((column) => row[column]).join(' '),
    ...pair,
    ...(typeof revision === 'number' && { revision }),
  };
}
