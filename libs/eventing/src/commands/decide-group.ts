import type { NewEvent } from '../ports/event-store';
import type { CommandResult } from './command-handler';
import type { StreamProcessorOptions } from './options';
import { assertReadable } from './stream-fold';

/** A command of a stream, or a query of its state. Items are processed in order. */
export type Item<State, Command> = { readonly command: Command } | { readonly query: (state: State) => unknown };

export interface QueryResult {
  readonly value: unknown;
  readonly revision: number;
}

export interface GroupDecision<Answer> {
  readonly events: readonly NewEvent[];
  /** Of the items that were decided, in order. */
  readonly results: readonly (CommandResult<Answer> | QueryResult)[];
  /** The indexes of the items that have events of their own in the append. */
  readonly appending: readonly number[];
  /** True if later events of other processes cannot change the results. Matters only without events. */
  readonly needsNoCheck: boolean;
}

/**
 * Decides as many items as one append can hold, on the state at `base`. Afterwards the state is ahead of the store until the
 * append is acknowledged.
 */
export function decideGroup<State, Command, Event, Answer>(
  options: StreamProcessorOptions<State, Command, Event, Answer>,
  { stream, revision: base }: { readonly stream: string; readonly revision: number },
  state: State,
  items: readonly Item<State, Command>[],
): GroupDecision<Answer> {
  const { decider, encode, sizeOf, newId, maxAppendBytes, isImmutable } = options;
  const events: NewEvent[] = [];
  const results: (CommandResult<Answer> | QueryResult)[] = [];
  const appending: number[] = [];
  let bytes = 0;
  let needsNoCheck = true;
  const add = (decided: readonly Event[]): boolean => {
    for (const event of decided) {
      const revision = base + events.length + 1;
      const added = { id: newId(), ...encode(event) };
      assertReadable(options, { stream, revision }, added);
      decider.evolve(state, event, revision);
      events.push(added);
      bytes += sizeOf(event);
    }
    return decided.length > 0;
  };
  const isFull = () => bytes >= maxAppendBytes;
  for (const item of items) {
    if ('query' in item) {
      needsNoCheck = false;
      results.push({ value: item.query(state), revision: base + events.length });
      continue;
    }
    while (!isFull() && add(decider.due(item.command, state)));
    if (isFull()) break;
    let decided = decider.decide(item.command, state);
    let hasEvents = add(decided.events);
    while (decided.then !== undefined) {
      decided = decider.decide(decided.then, state);
      hasEvents = add(decided.events) || hasEvents;
    }
    if (hasEvents) appending.push(results.length);
    needsNoCheck &&= hasEvents || isImmutable(decided.answer);
    results.push({ answer: decided.answer, revision: base + events.length });
  }
  return { events, results, appending, needsNoCheck };
}
