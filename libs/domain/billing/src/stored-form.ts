import { isInstant, Unreadable } from '@tallystick/domain/kernel';
import type { BillingEventMetadata } from './subscription/events';

/** The latest version that is written and read. Rules for changes: `libs/domain/ledger/src/codec.ts`. */
export const BILLING_SCHEMA_VERSION = 1;

interface StoredForm {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

type Members = Readonly<Record<string, unknown>>;
export type FormCheck = (value: unknown) => boolean;
/** A check for each member of the data of each event type. */
export type FormsOf<Types extends string> = Readonly<Record<Types, Readonly<Record<string, FormCheck>>>>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A reader of the stored events of one kind of stream. `first` is the type at revision 0. */
export function recordReader<Event>(forms: FormsOf<string>, first: string, what: string) {
  return (stored: StoredForm & { readonly revision: number }): Event | Unreadable => {
    const event = readForm(forms, stored);
    if (stored.revision > 0 || (event instanceof Unreadable && event.kind === 'newer')) return event as Event;
    const isOurs = !(event instanceof Unreadable) && event.type === first;
    return isOurs ? (event as Event) : new Unreadable('not-ours', `the stream does not begin with ${what}`);
  };
}

function readForm(forms: FormsOf<string>, stored: StoredForm): StoredForm | Unreadable {
  const version = versionIn(stored.metadata);
  if (version === undefined) return foreign('it has no schema version and times of this program');
  if (version > BILLING_SCHEMA_VERSION)
    return newer(`it has schema version ${version}, and this program reads up to ${BILLING_SCHEMA_VERSION}`);
  const form = Object.hasOwn(forms, stored.type) ? forms[stored.type] : undefined;
  if (form === undefined) return newer(`this program has no event of type ${stored.type}`);
  const { data } = stored;
  const wrong = isObject(data) ? Object.keys(form).find((name) => !form[name]!(data[name])) : 'data';
  if (wrong !== undefined) return foreign(`its ${wrong} is not what a ${stored.type} has there`);
  return { type: stored.type, data, metadata: readMetadata(stored.metadata as Members) };
}

const foreign = (reason: string): Unreadable => new Unreadable('foreign', reason);
const newer = (reason: string): Unreadable => new Unreadable('newer', `${reason}: start a later version of Tallystick`);

function versionIn(metadata: unknown): number | undefined {
  const { schemaVersion, occurredAt, recordedAt } = (metadata ?? {}) as Members;
  const isOurs = Number.isSafeInteger(schemaVersion) && isInstant(recordedAt) && isInstant(occurredAt);
  return isOurs ? (schemaVersion as number) : undefined;
}

/** Without the hash of the stream's chain, and with the names of the ids without `$`. */
function readMetadata(stored: Members): BillingEventMetadata {
  const { $correlationId, $causationId, hash: _hash, ...metadata } = stored;
  return {
    ...(metadata as unknown as BillingEventMetadata),
    ...($correlationId !== undefined && { correlationId: $correlationId as string }),
    ...($causationId !== undefined && { causationId: $causationId as string }),
  };
}

/** An event as it is stored. */
export function encodeRecord<Event extends { readonly type: string; readonly metadata: BillingEventMetadata }>(
  event: Event & { readonly data: unknown },
) {
  const { correlationId, causationId, ...rest } = event.metadata;
  const { type, data } = event;
  return { type, data, metadata: { ...rest, $correlationId: correlationId, $causationId: causationId } };
}

const KEY_LENGTH = 1_024;

export const text: FormCheck = (value) => typeof value === 'string';
/** Databases replace or refuse characters that UTF-8 cannot represent, so that two keys could become one. */
export const key: FormCheck = (value) =>
  typeof value === 'string' && value.length <= KEY_LENGTH && !/[\0\p{Surrogate}]/u.test(value);
export const time: FormCheck = isInstant;
export const flag: FormCheck = (value) => typeof value === 'boolean';
/** Minor units, possibly negative. */
export const amount: FormCheck = (value) => Number.isSafeInteger(value);
export const count: FormCheck = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const optional =
  (check: FormCheck): FormCheck =>
  (value) =>
    value === undefined || value === null || check(value);
export const oneOf =
  (values: readonly unknown[]): FormCheck =>
  (value) =>
    values.includes(value);
export const listOf =
  (check: FormCheck): FormCheck =>
  (value) =>
    Array.isArray(value) && value.every(check);
export const object =
  (form: Readonly<Record<string, FormCheck>>): FormCheck =>
  (value) =>
    isObject(value) && Object.keys(form).every((name) => form[name]!(value[name]));
