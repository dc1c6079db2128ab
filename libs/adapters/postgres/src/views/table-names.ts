import { createHash } from 'node:crypto';
import type { Table } from '@tallystick/eventing';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** PostgreSQL truncates longer names, and two of them could become equal. */
const LONGEST = 63;

/** Quotes a name and rejects unexpected characters. Names come from code, never from users. */
export function quoted(name: string): string {
  if (!NAME.test(name) || name.length > LONGEST)
    throw new Error(
      `"${name}" cannot be the name of a table or column: use letters, digits and underscores, at most ${LONGEST}.`,
    );
  return `"${name}"`;
}

export const list = (names: readonly string[]): string => names.map(quoted).join(', ');

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

export const definitionOf = ({ columns, key, indexes }: Table): string =>
  digest(JSON.stringify([Object.entries(columns), key, indexes]));

/** Each definition of a view has its own table, because two versions of a process may run at the same time. */
export const bareName = (view: string, definition: string, generation: string): string =>
  `${view}_${definition}${generation === '' ? '' : `__${generation}`}`;

/** Names of the tables and locks of one schema. */
export class TableNames {
  constructor(readonly schema: string) {}

  in(bare: string): string {
    return `${quoted(this.schema)}.${quoted(bare)}`;
  }

  table(table: Table, generation: string): string {
    return this.in(bareName(table.name, definitionOf(table), generation));
  }

  get checkpoints(): string {
    return this.in('checkpoints');
  }

  /** Exclusive lock of the process that may write this generation of these tables. */
  leaseLock(tables: readonly Table[], generation: string): string {
    const of = tables.map(({ name }, i) => `${name} ${definitionOf(tables[i]!)}`).sort();
    return `${this.schema} lead ${digest(of.join())} ${generation}`;
  }

  /** Shared lock of all processes that use a definition of a view. */
  sharedLock(view: string, definition: string): string {
    return `${this.schema} use ${view} ${definition}`;
  }
}
