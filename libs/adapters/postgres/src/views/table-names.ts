import { createHash } from 'node:crypto';
import type { Table } from '@tallystick/eventing';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** PostgreSQL cuts longer names off, and two of them could become one. */
const LONGEST = 63;

/** Names come from code, never from users; this keeps it so. */
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

/** Two versions of a process may run side by side, each with its own definition of a view: each has a table of its own. */
export const bareName = (view: string, definition: string, generation: string): string =>
  `${view}_${definition}${generation === '' ? '' : `__${generation}`}`;

/** How the tables of one schema are called. */
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

  /** The lock of whoever alone may write this generation of these tables. */
  leaseLock(tables: readonly Table[], generation: string): string {
    const of = tables.map(({ name }, i) => `${name} ${definitionOf(tables[i]!)}`).sort();
    return `${this.schema} lead ${digest(of.join())} ${generation}`;
  }

  /** The lock that all who use a definition of a view share. */
  sharedLock(view: string, definition: string): string {
    return `${this.schema} use ${view} ${definition}`;
  }
}
