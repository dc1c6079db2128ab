import { Injectable, Module } from '@nestjs/common';
import { Unreadable, type Decider, type StreamEvent, type View } from '@tallystick/domain/kernel';
import { CommandService, Projections, ReplayService, StreamModule, VerificationService } from '@tallystick/hosting';
import type { DueRule, ServiceDefinition } from '@tallystick/hosting';

type NoteCommand =
  | { readonly type: 'Write'; readonly text: string; readonly remindAt: string; readonly now: string }
  | { readonly type: 'Remind'; readonly now: string };
interface NoteEvent {
  readonly type: 'NoteWritten' | 'Reminded';
  readonly data: { readonly text?: string; readonly remindAt?: string | null };
  readonly metadata: { readonly schemaVersion: number; readonly occurredAt: string; readonly recordedAt: string };
}
interface Note {
  text: string;
  remindAt: string | null;
}

const event = (type: NoteEvent['type'], now: string, data: NoteEvent['data'] = {}): NoteEvent => ({
  type,
  data,
  metadata: { schemaVersion: 1, occurredAt: now, recordedAt: now },
});
const evolve = <N extends Note>(note: N, { data: { text = note.text, remindAt = null } }: NoteEvent): N =>
  Object.assign(note, { text, remindAt });

const decider: Decider<Note, NoteCommand, NoteEvent, string> = {
  initial: () => ({ text: '', remindAt: null }),
  due: () => [],
  decide: (command, { remindAt }) => {
    const { now } = command;
    if (command.type === 'Write')
      return {
        events: [event('NoteWritten', now, { text: command.text, remindAt: command.remindAt })],
        answer: 'written',
      };
    return remindAt === null
      ? { events: [], answer: 'not due' }
      : { events: [event('Reminded', now)], answer: 'reminded' };
  },
  evolve,
};

type NoteRow = Note & { readonly id: string; readonly revision: number };
const notes: View<StreamEvent<NoteEvent>, NoteRow> = {
  table: {
    name: 'notes',
    columns: { id: 'text', revision: 'integer', text: 'text', remindAt: 'text' },
    key: ['id'],
    indexes: [['remindAt']],
  },
  keysOf: ({ entityId }) => [[entityId]],
  isFirst: ({ revision }) => revision === 0,
  read: (row, [id]) => ({ text: '', remindAt: null, revision: -1, ...(row as Partial<NoteRow>), id: id as string }),
  fold: (row, { revision, event: noted }) => ({ ...evolve(row, noted), revision }),
  write: (row) => ({ ...row }),
};
export const NOTES = notes.table;

const reminders: DueRule<NoteCommand> = {
  reason: 'reminder',
  table: notes.table,
  column: 'remindAt',
  command: (now) => ({ type: 'Remind', now }),
};

const isNote = (type: string): boolean => type === 'NoteWritten' || type === 'Reminded';

/** The parts that the tests use. */
@Injectable()
export class NotesService {
  constructor(
    readonly commands: CommandService<Note, NoteCommand, string>,
    readonly projections: Projections,
    readonly replays: ReplayService,
    readonly verifications: VerificationService,
  ) {}
}

@Module({
  imports: [
    StreamModule.for({
      category: 'notes',
      decider,
      codec: {
        decode: (record) => (isNote(record.type) ? (record as NoteEvent) : new Unreadable('foreign', 'it is no note')),
      },
      views: [notes],
      topic: 'notes.events',
      messageKey: ({ entityId }) => `notebook-of-${entityId}`,
      due: [reminders],
    }),
  ],
  providers: [NotesService],
})
class NotesModule {}

/** A service of a test: the least that an event-sourced service has of its own. */
export const noteKeeper: ServiceDefinition = {
  name: 'note-keeper',
  module: NotesModule,
  categories: ['notes'],
  topics: [{ name: 'notes.events' }],
  consumes: [],
  collections: [],
  settings: {},
  routes: [],
};
