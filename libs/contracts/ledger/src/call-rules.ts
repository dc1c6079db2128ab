/** A DTO with a rule for each member of the type: a missing one does not compile. */
export type RulesFor<T> = { [Member in keyof Required<T>]: unknown };
export type Maybe<T> = T | null | undefined;

export const TRACE_LENGTH = 512;
