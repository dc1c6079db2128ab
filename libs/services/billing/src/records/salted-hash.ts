import { createHash } from 'node:crypto';

/** JSON with the members of all objects in alphabetical order; members that are undefined are left out. */
const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member !== 'object' || member === null || Array.isArray(member)
      ? member
      : Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))),
  );

/** SHA-256, base64url. The salt is stored with the value: without the record the hash says nothing about it. */
export const saltedHash = (salt: string, value: unknown): string =>
  createHash('sha256')
    .update(`${salt}\n${ordered(value)}`)
    .digest('base64url');
