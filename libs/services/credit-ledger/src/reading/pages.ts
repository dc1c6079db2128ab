import { invalidInput, type Page, type Problem } from '@tallystick/contracts/http';

// A cursor is opaque to callers. It names the last row of a page, so that rows that are added do not move the next page.

export const cursorOf = (place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** The `parts` texts or numbers of a cursor, as text; throws a Problem for any other text. */
export function readCursor(cursor: string | undefined, parts: number): readonly string[] | undefined {
  if (cursor === undefined) return undefined;
  const place = parsed(cursor);
  if (Array.isArray(place) && place.length === parts && place.every(isPart)) return place.map(String);
  throw notOurs();
}

const notOurs = (): Problem => {
  const message = 'Give the nextCursor of the page before, or leave it out.';
  return invalidInput([{ field: 'cursor', rule: 'cursor', message }]);
};

/** The revision that a cursor of one part ends at; throws a Problem for any other text. */
export function readRevision(cursor: string | undefined): number | undefined {
  const [revision] = readCursor(cursor, 1) ?? [];
  if (revision === undefined) return undefined;
  if (!/^\d{1,15}$/.test(revision)) throw notOurs();
  return Number(revision);
}

/** `rows` have one more than the limit where there is a next page. */
export function pageOf<T>(rows: readonly T[], limit: number, cursor: (last: T) => string): Page<T> {
  const data = rows.slice(0, limit);
  const last = data[data.length - 1];
  return { data, nextCursor: rows.length > limit && last !== undefined ? cursor(last) : null };
}

const isPart = (part: unknown): boolean => typeof part === 'string' || Number.isSafeInteger(part);

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
