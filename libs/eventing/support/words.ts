import type { Decider } from '@tallystick/domain/kernel';
import {
  AmbiguousAppend,
  StoreUnavailable,
  CommandHandler,
  WrongRevision,
  type NewEvent,
  type CommandHandlerOptions,
} from '../src';
import { InMemoryEventStore } from '@tallystick/eventing-testing';

/** A list of words. A command adds its `words`, one event each, and hands on to `then`. `owe` falls due before the next command. */
export interface WordsCommand {
  readonly words?: readonly string[];
  readonly then?: WordsCommand;
  readonly answer?: string;
  readonly owe?: number;
}
export interface WordAdded {
  readonly type: string;
  readonly data: { readonly word: string; readonly owe?: number };
  readonly metadata: object;
}
export interface WordList {
  readonly words: string[];
  owed: number;
}

export const event = (word: string, owe?: number): WordAdded => ({
  type: 'added',
  data: { word, owe },
  metadata: { schemaVersion: 1 },
});
export const decider: Decider<WordList, WordsCommand, WordAdded, string> = {
  initial: () => ({ words: [], owed: 0 }),
  due: (_, { owed }) => (owed > 0 ? [event(`due ${owed}`)] : []),
  decide: ({ words = [], then, answer = 'added', owe }) => {
    if (words.includes('broken')) throw new Error('it is broken');
    return { events: words.map((word) => event(word, owe)), answer, then };
  },
  evolve: (state, { data: { word, owe } }) => {
    state.words.push(word);
    state.owed += owe ?? (word.startsWith('due') ? -1 : 0);
    return state;
  },
};

export type AppendResult = (append: () => Promise<number>) => Promise<number>;
export const stored: AppendResult = (append) => append();
export const lost: AppendResult = () => Promise.reject(new AmbiguousAppend('lost'));
export const away: AppendResult = () => Promise.reject(new StoreUnavailable('away'));
export const conflict: AppendResult = () => Promise.reject(new WrongRevision('a', 0, 1));

export class WordStore extends InMemoryEventStore {
  readonly appends: (readonly NewEvent[])[] = [];
  readonly ends: AppendResult[] = [];
  readonly reads: number[] = [];
  snapshotsRead = 0;
  readonly snapshotsSaved: number[] = [];
  /** The events that a read shows at most. */
  shown = Infinity;

  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    this.appends.push(events);
    return (this.ends.shift() ?? stored)(() => super.append(stream, expected, events));
  }
  override async read(stream: string, from: number, limit: number) {
    this.reads.push(from);
    return (await super.read(stream, from, limit)).filter(({ revision }) => revision < this.shown);
  }
  override loadSnapshot(stream: string) {
    this.snapshotsRead += 1;
    return super.loadSnapshot(stream);
  }
  override saveSnapshot(...given: Parameters<InMemoryEventStore['saveSnapshot']>) {
    this.snapshotsSaved.push(given[1].revision);
    return super.saveSnapshot(...given);
  }
  get sizes(): number[] {
    return this.appends.map(({ length }) => length);
  }
}

export type WordOptions = Partial<CommandHandlerOptions<WordList, WordsCommand, WordAdded, string>>;
const decode = ({ type, data, metadata }: NewEvent) => ({ type, data, metadata }) as WordAdded;

/** The command loop on a store, with its defaults but for what is given. */
export const openOn = (store: WordStore, options: WordOptions = {}) =>
  new CommandHandler<WordList, WordsCommand, WordAdded, string>({
    store,
    decider,
    decode,
    ...options,
  });
export const add = (...words: string[]): WordsCommand => ({ words });
export const nameOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => 'done',
    (error: Error) => error.name,
  );
export const words = ({ words: all }: WordList) => [...all];
