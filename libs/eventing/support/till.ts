import type { Decider, Decision } from '@tallystick/domain/kernel';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { AmbiguousAppend, CommandHandler, type CommandHandlerOptions, type NewEvent, WrongRevision } from '../src';

/** A till: `put` adds up to a limit, `owed` is what falls due before the next command, and one item breaks it. */
export interface TillState {
  sum: number;
  owed: number;
  readonly items: string[];
}
export interface TillCommand {
  readonly item: string;
  readonly add?: number;
  readonly owe?: number;
  readonly then?: TillCommand;
}
export type TillAnswer = 'put' | 'full' | 'known';
export interface TillEvent {
  readonly type: string;
  readonly data: { readonly item: string; readonly add: number; readonly owe?: number };
  readonly metadata: unknown;
}

const LIMIT = 100;
export const put = (item: string, add: number, owe?: number): TillEvent => ({
  type: 'put',
  data: { item, add, owe },
  metadata: { schemaVersion: 1 },
});
const decide = (
  { item, add = 1, owe, then }: TillCommand,
  state: TillState,
): Decision<TillCommand, TillEvent, TillAnswer> => {
  if (item === 'broken') throw new Error('the till is stuck');
  if (state.items.includes(item)) return { events: [], answer: 'known' };
  if (state.sum + add > LIMIT) return { events: [], answer: 'full' };
  return { events: [put(item, add, owe)], answer: 'put', then };
};
export const decider: Decider<TillState, TillCommand, TillEvent, TillAnswer> = {
  initial: () => ({ sum: 0, owed: 0, items: [] }),
  due: (_, { owed }) => (owed > 0 ? [put(`due ${owed}`, 0)] : []),
  decide,
  evolve: (state, { data: { item, add, owe } }) => {
    state.sum += add;
    state.owed += owe ?? (item.startsWith('due ') ? -1 : 0);
    state.items.push(item);
    return state;
  },
};

/** Counts its calls, and fails as given. */
export class TillStore extends InMemoryEventStore {
  readonly appends: { stream: string; expected: number; events: readonly NewEvent[] }[] = [];
  readonly failures: ((append: () => Promise<number>) => Promise<number>)[] = [];
  reads: number[] = [];

  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    this.appends.push({ stream, expected, events });
    const store = () => super.append(stream, expected, events);
    return (this.failures.shift() ?? ((append) => append()))(store);
  }

  override read(stream: string, from: number, limit: number) {
    this.reads.push(from);
    return super.read(stream, from, limit);
  }

  items(stream: string): Promise<string[]> {
    return super.read(stream, 0, 10_000).then((all) => all.map(({ data }) => (data as { item: string }).item));
  }
}

export const cut = () => Promise.reject(new AmbiguousAppend('cut'));
export const storedAndCut = (append: () => Promise<number>) => append().then(cut);
export const wrong = () => Promise.reject(new WrongRevision('a', -1, 0));

/** A command handler on the till's store. */
export const openTill = (
  store: TillStore,
  options: Partial<CommandHandlerOptions<TillState, TillCommand, TillEvent, TillAnswer>> = {},
) =>
  new CommandHandler<TillState, TillCommand, TillEvent, TillAnswer>({
    store,
    decider,
    decode: ({ type, data, metadata }) => ({ type, data, metadata }) as TillEvent,
    isImmutable: (answer) => answer === 'known',
    pause: () => Promise.resolve(),
    ...options,
  });
export const answersOf = async (outcomes: Promise<{ answer: TillAnswer }>[]) =>
  (await Promise.all(outcomes)).map(({ answer }) => answer);
