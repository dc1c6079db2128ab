import type { Page } from '@tallystick/contracts/http';
import type { EventItem } from '@tallystick/contracts/ledger';
import { setTimeout as sleep } from 'node:timers/promises';
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
    .description('the organization’s stream, event by event; with --json one event a line')
    .argument('[organization]', 'the demo’s where there is one')
    .option('--from <revision>', 'from this revision on', whole(0), 0)
    .option('--limit <n>', 'at most so many', whole(1), Infinity)
    .option('--follow', 'wait for more, until Ctrl-C')
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

/** From `from` on, to the end or, to follow, for ever. The page at the end grows, so it is asked for again. */
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
    else await sleep(PAUSE, undefined, { signal: host.interrupted }).catch(() => undefined);
  }
}

function show({ host, isJson }: CommandSession, event: EventItem): void {
  if (isJson) return host.out(JSON.stringify(event));
  const { revision, type, data, metadata } = event;
  const at = (metadata as { readonly recordedAt?: string } | null | undefined)?.recordedAt ?? 'no time of ours';
  host.out(oneLine(`${String(revision).padStart(8)}  ${at.padEnd(24)}  ${type.padEnd(19)}  ${JSON.stringify(data)}`));
}
