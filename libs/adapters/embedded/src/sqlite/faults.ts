// Errors are recognised by SQLite's messages: both engines have the same messages, and only one has error codes.

const DAMAGED = /malformed|not a database|unsupported file format|is damaged/;
const UNWRITABLE = /disk is full|disk I\/O error|readonly database|unable to open database file/;

/** The file is damaged. */
export const isDamage = (message: string): boolean => DAMAGED.test(message);

/** A write failed for lack of space or permission. */
export const isUnwritable = (message: string): boolean => UNWRITABLE.test(message);
