/**
 * What the ledger decides for one command.
 * `events` are to be stored; `answer` goes to the caller once they are; `then` is decided next, on the state they lead to, in the
 * same append, and its answer is the one that the caller gets.
 */
export interface Decision<Command, Event, Answer> {
  readonly events: readonly Event[];
  readonly answer: Answer;
  readonly then?: Command;
}

/**
 * The whole of a stream's logic, over plain data.
 * `due` and `decide` only read the state. `evolve` folds one event into the state it is given and returns it:
 * the caller owns that state alone and drops it when an append fails, so no copy is ever made.
 */
export interface Decider<State, Command, Event, Answer> {
  readonly initial: () => State;
  /** What time or the command's arrival has made due; it is stored before the command is decided. */
  readonly due: (command: Command, state: State) => readonly Event[];
  readonly decide: (command: Command, state: State) => Decision<Command, Event, Answer>;
  readonly evolve: (state: State, event: Event, revision: number) => State;
}
