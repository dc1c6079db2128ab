import { join } from 'node:path';
import { SqliteEventStore } from '@tallystick/adapters/embedded';
import type { NewEvent, RecordedEvent } from '@tallystick/eventing';
import { EVENTS_PER_JOB } from '../support/leapocr';

/** The number of events of each append of a run, in log order. */
export interface Recording {
  readonly sizes: number[];
}

/** Records the size of each append. */
export function recordAppends(store: SqliteEventStore): Recording {
  const recording: Recording = { sizes: [] };
  const append = store.append.bind(store);
  store.append = (stream, expectedRevision, events) => {
    recording.sizes.push(events.length);
    return append(stream, expectedRevision, events);
  };
  return recording;
}

interface TimedAppend {
  readonly stream: string;
  readonly events: readonly NewEvent[];
}

/** Maximum number of replayed events, which are held in memory. */
const MOST_EVENTS = 120_000;

/** The appends of a recorded log with the same events. */
export async function appendsOf(directory: string, recording: Recording): Promise<TimedAppend[]> {
  const store = await SqliteEventStore.open(join(directory, 'streams.db'));
  const events: RecordedEvent[] = [];
  for (let position = -1; events.length < MOST_EVENTS;) {
    const page = await store.readLog(position, 4_000, '');
    if (page.events.length === 0) break;
    position = page.position;
    for (const event of page.events) events.push(event);
  }
  await store.close();
  const appends: TimedAppend[] = [];
  let next = 0;
  for (const size of recording.sizes) {
    if (next + size > events.length) break;
    const some = events.slice(next, (next += size));
    if (some.some(({ stream }) => stream !== some[0]!.stream))
      throw new Error('An append of two streams: the log is not in the order of its appends.');
    appends.push({
      stream: some[0]!.stream,
      events: some.map(({ id, type, data, metadata }) => ({ id, type, data, metadata })),
    });
  }
  return appends;
}

/** Repeats the appends on an empty store, `underWay` at a time and in order per stream. Returns jobs per second. */
export async function replayAppends(
  directory: string,
  appends: readonly TimedAppend[],
  underWay: number,
): Promise<number> {
  const store = await SqliteEventStore.open(join(directory, 'streams.db'));
  const revisions = new Map<string, number>();
  const last = new Map<string, Promise<unknown>>();
  // The first fifth is the warm-up.
  const warm = Math.floor(appends.length / 5);
  let [next, events, ended] = [0, 0, 0];
  let started = performance.now();
  const worker = async () => {
    while (next < appends.length) {
      const at = next++;
      const { stream, events: some } = appends[at]!;
      const revision = revisions.get(stream) ?? -1;
      revisions.set(stream, revision + some.length);
      const before = last.get(stream);
      const appended = (before ?? Promise.resolve()).then(() => store.append(stream, revision, some));
      last.set(stream, appended);
      await appended;
      if (at === warm) started = performance.now();
      if (at > warm) events += some.length;
      ended = performance.now();
    }
  };
  await Promise.all(Array.from({ length: underWay }, worker));
  await store.close();
  return (events / EVENTS_PER_JOB / (ended - started)) * 1_000;
}
