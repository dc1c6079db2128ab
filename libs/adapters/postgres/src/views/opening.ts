import { LOG_START, type Table } from '@tallystick/eventing';
import type { RunSql } from '../connection/postgres-connection';
import type { PostgresSession } from '../connection/postgres-session';
import { bareName, definitionOf, type TableNames } from './table-names';
import { createTable } from './sql';

/** Only one process at a time may create and drop tables. */
const lockSchema = (run: RunSql, { schema }: TableNames) =>
  run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${schema} opening`]);

export async function makeMissing(
  session: PostgresSession,
  names: TableNames,
  tables: readonly Table[],
  generation: string,
): Promise<void> {
  await session.transaction(async (run) => {
    await lockSchema(run, names);
    for (const table of tables) {
      const made = await run(
        `INSERT INTO ${names.checkpoints} (view, definition, generation, position) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [table.name, definitionOf(table), generation, LOG_START],
      );
      if (made.count === 0) continue;
      const name = names.table(table, generation);
      for (const sql of [`DROP TABLE IF EXISTS ${name}`, ...createTable(table, name)]) await run(sql);
    }
  });
}

/** Drops other definitions of the views, unless another process uses them. A later start drops those. */
export async function dropUnused(session: PostgresSession, names: TableNames, tables: readonly Table[]): Promise<void> {
  const dropped = await session.transaction(async (run) => {
    await lockSchema(run, names);
    const { rows } = await run(
      `SELECT view, definition, array_agg(generation) AS generations FROM ${names.checkpoints}
        WHERE view = ANY($1) AND definition <> ALL($2) GROUP BY view, definition`,
      [tables.map(({ name }) => name), tables.map(definitionOf)],
    );
    const gone: string[] = [];
    for (const { view, definition, generations } of rows) {
      const use = names.sharedLock(view as string, definition as string);
      const locked = await run('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken', [use]);
      if (locked.rows[0]!['taken'] !== true) continue;
      for (const generation of generations as string[])
        await run(`DROP TABLE IF EXISTS ${names.in(bareName(view as string, definition as string, generation))}`);
      await run(`DELETE FROM ${names.checkpoints} WHERE view = $1 AND definition = $2`, [
        view as string,
        definition as string,
      ]);
      gone.push(use);
    }
    return gone;
  });
  for (const use of dropped) await session.unshare(use);
}
