import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import {
  clientOf,
  closeAll,
  contentOf,
  eventOf,
  outcomeOf,
  readInWords,
  readStream,
  startServer,
} from '../recorded/tables';

const directory = mkdtempSync(join(tmpdir(), 'tallystick-log-file-'));
afterAll(async () => {
  await closeAll();
  rmSync(directory, { recursive: true });
});

const events = () => ['0', '1', '2'].map((content) => eventOf(content));

/** The streams and the log as a client reads them. */
async function seenBy(client: EventStoreDBClient, streams: readonly string[]): Promise<unknown> {
  const read = (stream: string) =>
    readStream(client, stream).then(
      (found) => found.map((event) => `${event.event!.revision}:${contentOf(event)}`),
      readInWords,
    );
  const log: string[] = [];
  for await (const { event } of client.readAll())
    log.push(`${event!.streamId}@${event!.revision} ${event!.id} ${event!.position.commit}`);
  return { streams: await Promise.all(streams.map(read)), log };
}

it('The log file also contains deletions and metadata', async () => {
  const file = join(directory, 'events.log');
  const first = clientOf(await startServer({ file }));
  const streams = ['whole', 'truncated', 'deleted', 'written-again', 'tombstoned', 'empty'];
  for (const stream of streams) await first.appendToStream(stream, events());
  await first.setStreamMetadata('truncated', { maxCount: 1 });
  await first.deleteStream('deleted');
  await first.deleteStream('written-again');
  await first.appendToStream('written-again', eventOf('3'), { expectedRevision: 'no_stream' });
  await first.tombstoneStream('tombstoned');
  await first.appendToStream('empty', []);
  const before = await seenBy(first, streams);
  expect(before).toMatchObject({
    streams: [
      ['0:0', '1:1', '2:2'],
      ['2:2'],
      'StreamNotFound',
      ['3:3'],
      'StreamDeleted (code 9)',
      ['0:0', '1:1', '2:2'],
    ],
  });
  // The first server keeps running: a second one on its file reads what a killed process would leave.
  const second = clientOf(await startServer({ file }));
  expect(await seenBy(second, streams)).toEqual(before);
  expect(await outcomeOf(second.appendToStream('deleted', eventOf('3'), { expectedRevision: 'no_stream' }))).toBe(
    'ok, next 3',
  );
  expect(await outcomeOf(second.appendToStream('tombstoned', eventOf('3')))).toBe('StreamDeleted');
});
