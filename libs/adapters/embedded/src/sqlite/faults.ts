// Errors are recognised by SQLite's messages: both engines have them, and only one has error codes.

const DAMAGED = /malformed|not a database|unsupported file format|is damaged/;
const UNWRITABLE = /disk is full|disk I\/O error|readonly database|unable to open database file/;

/** The file is not what SQLite wrote. */
export const isDamage = (message: string): boolean => DAMAGED.test(message);

/** Of a write: there is no room for it, or no right to it. */
export const isUnwritable = (message: string): boolean => UNWRITABLE.test(message);
