import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson } from '@tallystick/eventing';

const SALT_BYTES = 16;

export const newSalt = (): string => randomBytes(SALT_BYTES).toString('base64url');

/** SHA-256, base64url. The salt is stored with the value: without the record the hash says nothing about it. */
export const saltedHash = (salt: string, value: unknown): string =>
  createHash('sha256')
    .update(`${salt}\n${canonicalJson(value)}`)
    .digest('base64url');
