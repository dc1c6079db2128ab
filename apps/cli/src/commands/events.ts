import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Page } from '../client/pages';
import { path, whole } from '../options';
import { oneLine } from '../output/table';
import type { Run, Session } from '../session';

interface Options {
  readonly from: number;
  readonly limit: number;
  readonly follow?: boolean;
}

interface StoredEvent {
  readonly revision: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly recordedAt: string };
}

const PAGE = 500;
const PAUSE = 1_000;

export const events = (program: Command, run: Run): Command =>
  program
    .command('events')
    .description('the organization’s stream, event by event; with --json one event a line')
    .argument('[organization]', 'the demo’s where there is one')
    .option('--from <revision>', 'from this revision on', whole(0), 0)
    .option('--limit <n>', 'at most so many', whole(1), Infinity)
    .option('--follow', 'wait for more, until Ctrl-C')
    .action(
      run<Options>(async (session, options, given) => {
        const at = path(session.organization(given), '/events');
        let next = options.from;
        let left = options.limit;
        while (left > 0 && !session.host.interrupted.aborted) {
          const page = await read(session, at, next, Math.min(PAGE, left));
          for (const event of page) show(session, event);
          left -= page.length;
          next = (page.at(-1)?.revision ?? next - 1) + 1;
          if (page.length > 0) continue;
          if (!options.follow) return;
          await sleep(PAUSE, undefined, { signal: session.host.interrupted }).catch(() => undefined);
        }
      }),
    );

async function read(
  session: Session,
  at: string,
  from: number,
  limit: number,
): Promise<readonly StoredEvent[]> {
  const { data } = await session.client.get<Page<StoredEvent>>(at, { fromRevision: from, limit });
  return data;
}

function show({ host, isJson }: Session, event: StoredEvent): void {
  if (isJson) return host.out(JSON.stringify(event));
  const { revision, type, data, metadata } = event;
  host.out(
    oneLine(
      `${String(revision).padStart(8)}  ${metadata.recordedAt}  ${type.padEnd(19)}  ${JSON.stringify(data)}`,
    ),
  );
}
