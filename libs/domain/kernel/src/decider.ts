/**
 * The result of deciding a command. `events` are stored, then `answer` is returned to the caller. `then` is a command that is decided
 * next, on the resulting state and in the same append. Its answer replaces `answer`.
 */
export interface Decision<Command, Event, Answer> {
  readonly events: readonly Event[];
  readonly answer: Answer;
  readonly then?: Command;
}

/**
 * The logic of a stream as functions of plain data. `due` and `decide` only read the state. `evolve` folds an event into the given
 * state and returns it without a copy: the caller is the only owner of the state and drops it when an append fails.
 */
export interface Decider<State, Command, Event, Answer> {
  readonly initial: () => State;
  /** Events that are due at the command's time. They are stored before the command is decided. */
  readonly due: (command: Command, state: State) => readonly Event[];
  readonly decide: (command: Command, state: State) => Decision<Command, Event, Answer>;
  readonly evolve: (state: State, event: Event, revision: number) => State;
}
