import { eventReader, memberChecks, type EventForms, type MemberChecks } from '@tallystick/domain/kernel';

/** The latest version that is written and read. Rules for changes: `libs/domain/ledger/src/codec.ts`. */
export const BILLING_SCHEMA_VERSION = 1;

/** A check for each member of the data of each event type. */
export type FormsOf<Types extends string> = Readonly<Record<Types, MemberChecks>>;

/** A reader of the records of one kind of stream. */
export const recordReader = <Event>(shapes: FormsOf<string>, first: EventForms['first']) =>
  eventReader<Event>({ schemaVersion: BILLING_SCHEMA_VERSION, shapes, first }).readRecord;

export const { boolean: flag, instant: time, listOf, nullable: optional, object, oneOf, text } = memberChecks;
export const key = memberChecks.keyUpTo(1_024);
/** Minor units, possibly negative. */
export const amount = memberChecks.integer(Number.MIN_SAFE_INTEGER);
export const count = memberChecks.integer(0);
