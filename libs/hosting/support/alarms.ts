import { Unreadable, type Decider, type StreamEvent, type View } from '@tallystick/domain/kernel';
import type { Acceptance, NewEvent, RecordedEvent } from '@tallystick/eventing';
import type { StreamDefinition } from '../src';

type Accepted = Acceptance & { readonly reason: string };

/** An alarm clock: it can be set, and rings when it is due. The command `Break` fails with a bug. */
export type AlarmCommand =
  | { readonly type: 'Set'; readonly dueAt: string; readonly now: string }
  | { readonly type: 'Ring'; readonly now: string }
  | { readonly type: 'Break'; readonly now: string };
export type AlarmEvent = {
  readonly metadata: { readonly schemaVersion: number; readonly occurredAt: string; readonly recordedAt: string };
} & (
  | { readonly type: 'Set'; readonly data: { readonly dueAt: string } }
  | { readonly type: 'Rang'; readonly data: Readonly<Record<string, never>> }
  | { readonly type: 'RecordAccepted'; readonly data: Accepted & { readonly actor: string } }
  | { readonly type: 'RecordSkipped'; readonly data: { readonly reason: string } }
);
interface Alarm {
  dueAt: string | null;
  rings: string[];
}

const metadataAt = (now: string) => ({ schemaVersion: 1, occurredAt: now, recordedAt: now });

const decider: Decider<Alarm, AlarmCommand, AlarmEvent, string> = {
  initial: () => ({ dueAt: null, rings: [] }),
  due: () => [],
  decide: (command, { dueAt }) => {
    const metadata = metadataAt(command.now);
    if (command.type === 'Set')
      return { events: [{ type: 'Set', data: { dueAt: command.dueAt }, metadata }], answer: 'set' };
    if (command.type === 'Break') throw new TypeError('the alarm clock is broken');
    return dueAt === null
      ? { events: [], answer: 'not set' }
      : { events: [{ type: 'Rang', data: {}, metadata }], answer: 'rang' };
  },
  evolve: (alarm, event) => {
    if (event.type === 'Set') return Object.assign(alarm, { dueAt: event.data.dueAt });
    if (event.type !== 'Rang') return alarm;
    return Object.assign(alarm, { dueAt: null, rings: [...alarm.rings, event.metadata.recordedAt] });
  },
};

type AlarmRow = { readonly id: string; readonly revision: number; readonly dueAt: string | null };
const alarms: View<StreamEvent<AlarmEvent>, AlarmRow> = {
  table: {
    name: 'alarms',
    columns: { id: 'text', revision: 'integer', dueAt: 'text' },
    key: ['id'],
    indexes: [['dueAt']],
  },
  keysOf: ({ entityId }) => [[entityId]],
  isFirst: ({ revision }) => revision === 0,
  read: (row, [id]) => ({ dueAt: null, revision: -1, ...(row as Partial<AlarmRow>), id: id as string }),
  fold: (row, { revision, event }) => ({
    ...row,
    revision,
    dueAt: event.type === 'Set' ? event.data.dueAt : event.type === 'Rang' ? null : row.dueAt,
  }),
  write: (row) => ({ ...row }),
};
export const ALARMS = alarms.table;

/** One row for each time to which a clock was set. */
const settings: View<StreamEvent<AlarmEvent>, { readonly id: string; readonly dueAt: string }> = {
  table: { name: 'settings', columns: { id: 'text', dueAt: 'text' }, key: ['id', 'dueAt'], indexes: [] },
  keysOf: ({ entityId, event }) => (event.type === 'Set' ? [[entityId, event.data.dueAt]] : []),
  isFirst: () => true,
  read: (_, [id, dueAt]) => ({ id: id as string, dueAt: dueAt as string }),
  fold: (row) => row,
  write: (row) => row,
};
export const SETTINGS = settings.table;

const OURS: readonly string[] = ['Set', 'Rang', 'RecordAccepted'];
/** A record of a later version has the type `Snoozed`; a stream that begins with a record of another program is not ours. */
function decode(record: RecordedEvent): AlarmEvent | Unreadable {
  if (OURS.includes(record.type)) return record as unknown as AlarmEvent;
  if (record.type === 'Snoozed') return new Unreadable('newer', 'it is of version 2');
  return new Unreadable(record.revision === 0 ? 'not-ours' : 'foreign', 'it is no alarm');
}

export const ringWhenDue = {
  reason: 'alarm',
  table: ALARMS,
  column: 'dueAt',
  command: (now: string) => ({ type: 'Ring', now }) as const,
};

export type AlarmsDefinition = StreamDefinition<Alarm, AlarmCommand, AlarmEvent, string>;

export const ALARM_CLOCK: AlarmsDefinition = {
  category: 'alarms',
  decider,
  codec: {
    decode,
    acceptanceIn: (event) => (event.type === 'RecordAccepted' ? event.data : undefined),
    accept: (accepted, at, actor) => ({
      type: 'RecordAccepted',
      data: { ...accepted, actor },
      metadata: metadataAt(at),
    }),
  },
  views: [alarms, settings],
  topic: 'alarms.events',
  skipped: ({ acceptance }) => ({
    type: 'RecordSkipped',
    data: { reason: (acceptance!.data as Accepted).reason },
    metadata: acceptance!.metadata as AlarmEvent['metadata'],
  }),
};

/** A record as another program or a later version appends it. */
export const recordOf = (type: string, metadata: object = {}): NewEvent => ({
  id: crypto.randomUUID(),
  type,
  data: {},
  metadata,
});
