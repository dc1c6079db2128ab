import type { NewEvent } from '../ports/event-store';
import { assertReadable } from './stream-fold';
import type { StreamProcessorOptions, CommandResult } from './command-handler';

/** What waits for its turn in a stream: a command, or a question about the state. */
export type Item<State, Command> = { readonly command: Command } | { readonly query: (state: State) => unknown };

/** Decides as many items as one append may hold, on the state as of `base`. That runs ahead of the store until the append is acknowledged. */
export function decide<State, Command, Event, Answer>(
  options: StreamProcessorOptions<State, Command, Event, Answer>,
  { stream, revision: base }: { readonly stream: string; readonly revision: number },
  state: State,
  items: readonly Item<State, Command>[],
) {
  const { decider, encode, sizeOf, newId, maxAppendBytes, isImmutable } = options;
  const events: NewEvent[] = [];
  const answers: { revision: number }[] = [];
  /** The items that have events of their own in the append. */
  const moving: number[] = [];
  let bytes = 0;
  let isFinal = true;
  const add = (decided: readonly Event[]) => {
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
      isFinal = false;
      answers.push({ value: item.query(state), revision: base + events.length } as { revision: number });
      continue;
    }
    while (!isFull() && add(decider.due(item.command, state)));
    if (isFull()) break;
    let decided = decider.decide(item.command, state);
    let moved = add(decided.events);
    while (decided.then !== undefined) {
      decided = decider.decide(decided.then, state);
      moved = add(decided.events) || moved;
    }
    if (moved) moving.push(answers.length);
    isFinal &&= moved || isImmutable(decided.answer);
    answers.push({ answer: decided.answer, revision: base + events.length } as CommandResult<Answer>);
  }
  return { events, answers, moving, isFinal };
}

export type GroupDecision = ReturnType<typeof decide>;
