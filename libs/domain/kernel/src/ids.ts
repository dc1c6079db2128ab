import { instantOf, LAST_MILLISECOND, type Instant } from './instants';

/** Ids of organizations, projects, jobs, keys and grants, which callers choose. They are used in stream names, URLs and topics. */
export const ID_FORM = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
export const ID_RULE =
  '1 to 128 letters, digits, dots, underscores, colons or hyphens, starting with a letter or digit';

export const isId = (value: unknown): value is string => typeof value === 'string' && ID_FORM.test(value);

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The time in a UUIDv7 or a ULID (in capitals, its canonical form). Undefined for other ids. */
export function timeOfId(id: string): Instant | undefined {
  const milliseconds = millisecondsOfId(id);
  return milliseconds === undefined || milliseconds > LAST_MILLISECOND ? undefined : instantOf(milliseconds);
}

function millisecondsOfId(id: string): number | undefined {
  const uuid = id.length === 36 ? UUID_V7.exec(id) : null;
  if (uuid) return parseInt(uuid[1]! + uuid[2]!, 16);
  if (id.length !== 26 || !ULID.test(id)) return undefined;
  let milliseconds = 0;
  for (const letter of id.slice(0, 10)) milliseconds = milliseconds * 32 + CROCKFORD.indexOf(letter);
  return milliseconds;
}
