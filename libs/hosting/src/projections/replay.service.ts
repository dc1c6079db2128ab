import { Injectable } from '@nestjs/common';
import { LEDGER_VIEWS } from '@tallystick/domain/ledger';
import { RecordStore, ViewStore, type Row, type Table } from '@tallystick/eventing';
import { Projections } from './projections';
import { scanTable } from './scan-table';
import { LongRunningOperations } from '../operations/long-running-operations';

const GENERATION = 'replay';
/** The first ones tell the story; a broken view would fill the memory. */
const MOST_DIFFERENCES = 20;

export interface Difference {
  readonly view: string;
  readonly organizationId: string;
  readonly key: string;
  readonly live: Row | null;
  readonly replayed: Row | null;
  readonly revision?: number;
}

/** Builds every view again from the log, beside the live ones, and names where the two differ. */
@Injectable()
export class ReplayService {
  private readonly undertakings: LongRunningOperations<{ differences: Difference[] }>;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly projections: Projections,
    private readonly views: ViewStore,
    records: RecordStore,
  ) {
    this.undertakings = new LongRunningOperations(records, 'replay');
  }

  /** One replay at a time: they share the scratch place. */
  begin(organizationId?: string) {
    const { projector } = this.projections;
    return this.undertakings.begin(projector.position, { differences: [] }, (replay) => {
      const previous = this.last;
      const run = async () => {
        await previous.catch(() => undefined);
        await projector.replay(
          GENERATION,
          (position) => (replay.position = position),
          async () => {
            for (const { table } of LEDGER_VIEWS) await this.compare(table, organizationId, replay.differences);
          },
        );
      };
      const running = run();
      this.last = running;
      return running;
    });
  }

  progress(id: string) {
    return this.undertakings.get(id);
  }

  private async compare(table: Table, organizationId: string | undefined, differences: Difference[]): Promise<void> {
    const live = rowsOf(this.views, table, '', organizationId);
    const replayed = rowsOf(this.views, table, GENERATION, organizationId);
    let [a, b] = [await live.next(), await replayed.next()];
    while ((!a.done || !b.done) && differences.length < MOST_DIFFERENCES) {
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
  organizationId?: string,
): AsyncGenerator<Row, undefined> {
  for await (const rows of scanTable(views, table, { generation, organizationId })) yield* rows;
  return undefined;
}

function compareKeys(table: Table, a: Row, b: Row): number {
  for (const column of table.key) if (a[column] !== b[column]) return a[column]! < b[column]! ? -1 : 1;
  return 0;
}

const isSame = (table: Table, a: Row, b: Row): boolean =>
  Object.keys(table.columns).every((column) => a[column] === b[column]);

function differenceOf(table: Table, pair: { live: Row | null; replayed: Row | null }): Difference {
  const row = (pair.live ?? pair.replayed)!;
  const revision = (row.revision ?? row.endRevision ?? row.reserveRevision) as number | null | undefined;
  return {
    view: table.name,
    organizationId: row.organizationId as string,
    key: table.key.map((column) => row[column]).join(' '),
    ...pair,
    ...(typeof revision === 'number' && { revision }),
  };
}
