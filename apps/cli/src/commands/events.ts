import type { Page } from '@tallystick/contracts/http';
import type { EventItem } from '@tallystick/contracts/ledger';
import { pause } from '@tallystick/runtime';
import type { Command } from 'commander';
import { path, whole } from '../options';
import { oneLine } from '../output/table';
import type { RunCommand, CommandSession } from '../session';

interface EventsOptions {
  readonly from: number;
  readonly limit: number;
  readonly follow?: boolean;
}

const PAGE = 500;
const PAUSE = 1_000;

export const events = (program: Command, run: RunCommand): Command =>
  program
    .command('events')
    .description('show the events of an organization; with --json one event per line')
    .argument('[organization]', 'default: the demo organization')
    .option('--from <revision>', 'first revision', whole(0), 0)
    .option('--limit <n>', 'maximum number of rows', whole(1), Infinity)
    .option('--follow', 'wait for new events until Ctrl-C')
    .action(
      run<EventsOptions>(async (session, options, given) => {
        const at = path(session.organization(given), '/events');
        let left = options.limit;
        for await (const event of stream(session, at, options)) {
          if (left-- <= 0) return;
          show(session, event);
        }
      }),
    );

/** Events from `from` to the end, or without an end for --follow. The last page is requested again, because it grows. */
async function* stream(
  session: CommandSession,
  at: string,
  { from, follow }: EventsOptions,
): AsyncGenerator<EventItem> {
  const { client, host } = session;
  let cursor: string | undefined;
  let next = from;
  while (!host.interrupted.aborted) {
    const query = { fromRevision: cursor === undefined ? from : undefined, cursor, limit: PAGE };
    const { data, nextCursor } = await client.get<Page<EventItem>>(at, query);
    for (const event of data) {
      if (event.revision < next) continue;
      yield event;
      next = event.revision + 1;
    }
    if (nextCursor != null) cursor = nextCursor;
    else if (!follow) return;
    else await pause(PAUSE, host.interrupted);
  }
}

function show({ host, isJson }: CommandSession, event: EventItem): void {
  if (isJson) return host.out(JSON.stringify(event));
  const { revision, type, data, metadata } = event;
  const at = (metadata as { readonly recordedAt?: string } | null | undefined)?.recordedAt ?? 'no recorded time';
  host.out(oneLine(`${String(revision).padStart(8)}  ${at.padEnd(24)}  ${type.padEnd(19)}  ${JSON.stringify(data)}`));
}
