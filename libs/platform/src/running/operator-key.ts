import { createHash, randomBytes } from 'node:crypto';
import type { RecordStore } from '@tallystick/eventing';

const COLLECTION = 'platform';
const RECORD = 'operator-key';

/** The key that opens a new installation, before the directory holds any; only its digest is kept. */
export abstract class OperatorKey {
  /** SHA-256. */
  abstract readonly digest: Buffer;
  /** Only where the configuration names it, or while it is new. */
  abstract readonly key?: string;
  abstract readonly isNew: boolean;
  /** To be called once somebody has seen a new key; until then the next start makes another. */
  abstract keep(): Promise<void>;
}

/** The configured key, else the one that an earlier start made, else a new one. */
export async function operatorKeyOf(
  configured: string | undefined,
  records: RecordStore,
): Promise<OperatorKey> {
  const isKept = async () => undefined;
  if (configured !== undefined)
    return { digest: digestOf(configured), key: configured, isNew: false, keep: isKept };
  const [stored] = await records.get(COLLECTION, [RECORD], Date.now());
  if (typeof stored === 'string')
    return { digest: Buffer.from(stored, 'base64'), isNew: false, keep: isKept };
  const key = `tsk_operator_${randomBytes(24).toString('base64url')}`;
  const digest = digestOf(key);
  const record = { key: RECORD, value: digest.toString('base64') };
  return { digest, key, isNew: true, keep: () => records.put(COLLECTION, [record]) };
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();
