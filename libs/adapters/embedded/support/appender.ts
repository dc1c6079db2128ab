import { NO_STREAM } from '@tallystick/eventing';
import { SqliteEventStore } from '../src/events/sqlite-event-store';

/** Process that appends to several streams and prints each acknowledged revision, until it is killed. */
async function main(file: string): Promise<void> {
  // Small limits, so that the kill also hits the index while it is written.
  const store = await SqliteEventStore.open(file, {
    unindexed: { runs: 50, bytes: 10_000 },
    rowBytes: 2_000,
  });
  process.stdout.write('open\n');
  await Promise.all(
    Array.from({ length: 8 }, async (_, s) => {
      const stream = `s-${s}`;
      const [last] = (await store.read(stream, 0, 1_000_000)).slice(-1);
      for (let revision = last?.revision ?? NO_STREAM; ;) {
        const events = Array.from({ length: 1 + (revision % 3 === 0 ? 2 : 0) }, (_, i) => ({
          id: `${stream}-${revision}-${i}`,
          type: 't',
          data: { text: 'x'.repeat(200) },
          metadata: {},
        }));
        revision = await store.append(stream, revision, events);
        process.stdout.write(`${stream} ${revision}\n`);
      }
    }),
  );
}

void main(process.argv[2]!);
