import { detailsOf, type Table, type ViewChange, ViewOvertaken } from '@tallystick/eventing';
import type { RunSql } from '../connection/postgres-connection';
import { bareName, definitionOf, type TableNames } from './table-names';
import { remove, upsert } from './sql';

/** Moves the checkpoints first: an overtaken process writes nothing, and all writers lock in the same order. */
export async function writeChanges(
  run: RunSql,
  names: TableNames,
  changes: readonly ViewChange[],
  generation: string,
): Promise<void> {
  const moved = await run(
    `UPDATE ${names.checkpoints} AS stored SET position = moved.position, details = moved.details
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS moved(view, definition, before, position, details)
      WHERE stored.view = moved.view AND stored.definition = moved.definition AND stored.generation = $6
        AND (moved.before IS NULL OR stored.position = moved.before)`,
    [
      changes.map(({ table }) => table.name),
      changes.map(({ table }) => definitionOf(table)),
      changes.map(({ from }) => from ?? null),
      changes.map(({ checkpoint }) => checkpoint.position),
      changes.map(({ checkpoint }) => detailsOf(checkpoint)),
      generation,
    ],
  );
  if (moved.count !== changes.length) throw new ViewOvertaken(changes.map(({ table }) => table.name));
  for (const { table, put, remove: removed = [] } of changes) {
    const name = names.table(table, generation);
    for (const where of removed) {
      const { sql, params } = remove(table, name, where);
      await run(sql, params);
    }
    if (put.length === 0) continue;
    const { sql, params } = upsert(table, name, put);
    await run(sql, params);
  }
}

/** Replaces the served table. Readers see the old table until the transaction commits. */
export async function promoteTable(
  run: RunSql,
  names: TableNames,
  table: Table,
  generation: string,
  from: number | undefined,
): Promise<void> {
  const definition = definitionOf(table);
  const served = await run(
    `DELETE FROM ${names.checkpoints} WHERE view = $1 AND definition = $2 AND generation = ''
      AND ($3::bigint IS NULL OR position = $3::bigint)`,
    [table.name, definition, from ?? null],
  );
  if (served.count === 0 && from !== undefined) throw new ViewOvertaken([table.name]);
  await run(`UPDATE ${names.checkpoints} SET generation = '' WHERE view = $1 AND definition = $2 AND generation = $3`, [
    table.name,
    definition,
    generation,
  ]);
  await run(`DROP TABLE IF EXISTS ${names.table(table, '')}`);
  const bare = bareName(table.name, definition, '');
  await run(`ALTER TABLE ${names.table(table, generation)} RENAME TO "${bare}"`);
}
