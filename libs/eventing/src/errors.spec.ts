import { Unreadable } from '@tallystick/domain/kernel';
import * as errors from './errors';
import type { RecordedEvent } from './ports/event-store';

const record: RecordedEvent = { stream: 'a', revision: 3, position: 9, id: 'e3', type: 'put', data: {}, metadata: {} };
const unreadable = new errors.UnreadableRecord(record, new Unreadable('foreign', 'it is of another program'));
const gap = new errors.RevisionGap('a', 4, 6);
const deleted = new errors.StreamDeleted('a');

/** Each class of the file, with whether the same call can succeed later, and whether its outcome is unknown. */
const CLASSES: Record<string, readonly [error: errors.EventingError, isTransient: boolean, isOutcomeUnknown: boolean]> =
  {
    WrongRevision: [new errors.WrongRevision('a', 1, 2), true, false],
    StreamDeleted: [deleted, false, false],
    RevisionGap: [gap, false, false],
    AppendRefused: [new errors.AppendRefused('too large'), false, false],
    AmbiguousAppend: [new errors.AmbiguousAppend('cut'), true, true],
    StoreUnavailable: [new errors.StoreUnavailable('away'), true, false],
    StoreUnwritable: [new errors.StoreUnwritable('full'), true, false],
    BusUnavailable: [new errors.BusUnavailable('away'), true, true],
    ViewOvertaken: [new errors.ViewOvertaken(['sums']), false, false],
    UnreadableRecord: [unreadable, false, false],
    CommandAborted: [new errors.CommandAborted('stopping'), true, false],
    UnknownOutcome: [new errors.UnknownOutcome('cut'), true, true],
    StreamQuarantined: [new errors.StreamQuarantined('a', gap), false, false],
  };

it.each(Object.entries(CLASSES))('%s has its name and its flags', (name, [error, isTransient, isOutcomeUnknown]) => {
  expect(error).toBeInstanceOf(errors.EventingError);
  expect([error.name, errors.isTransient(error), errors.isOutcomeUnknown(error)]).toEqual([
    name,
    isTransient,
    isOutcomeUnknown,
  ]);
});

it('has a row for each class of the file', () => {
  const classes = Object.entries(errors).filter(([, value]) => Object.prototype.isPrototypeOf.call(Error, value));
  expect(classes.map(([name]) => name).sort()).toEqual(['EventingError', ...Object.keys(CLASSES)].sort());
});

it.each([new Error('a bug'), undefined, 'text'])('is certain about %p, and does not retry it', (error) => {
  expect([errors.isTransient(error), errors.isOutcomeUnknown(error), errors.isStreamError(error)]).toEqual([
    false,
    false,
    false,
  ]);
});

it.each<[string, errors.EventingError, object]>([
  [
    'an unreadable record',
    unreadable,
    { kind: 'foreign', reason: 'it is of another program', revision: 3, eventId: 'e3', type: 'put' },
  ],
  ['a gap', gap, { kind: 'gap', reason: 'Stream a lacks revisions 4 to 5.', revision: 4 }],
  ['a deletion', deleted, { kind: 'deleted', reason: 'Stream a was deleted on the server.' }],
])('%s is an error of the stream, and the reason of its quarantine', (_, cause, reason) => {
  expect(errors.isStreamError(cause)).toBe(true);
  expect(new errors.StreamQuarantined('a', cause).reason).toEqual(reason);
});

it('has `fault` as the reason of any other quarantine', () => {
  expect(new errors.StreamQuarantined('a', new Error('a bug')).reason).toEqual({ kind: 'fault', reason: 'a bug' });
});
