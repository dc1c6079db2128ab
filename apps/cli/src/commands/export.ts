import type { BalanceResponse } from '@tallystick/contracts/ledger';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliRequest, CliClient } from '../client/client';
import { pages } from '../client/pages';
import { path } from '../options';
import { plural } from '../output/table';
import { fileSink, outputSink, type Sink } from '../output/sink';
import type { RunCommand, CommandSession } from '../session';
import { INTERRUPTED, commandError, CommandExit } from '../command-exit';

interface ExportOptions {
  readonly out?: string;
}

type ExportedRow = Readonly<Record<string, unknown>>;

/** Line of the export: type of the object, and the object as in the response of its route. */
interface ExportEntry {
  readonly type: string;
  readonly data: unknown;
}

const FORBIDDEN = 403;

const HELP = `
One JSON object per line: { "type": …, "data": … }. The first line has the type export. The last line has the type end
and the number of lines; without it the export is incomplete. Keys are exported without secrets, and jobs with the
details that are still stored. The events (type event) contain all changes of credits.`;

export const exportOrganization = (program: Command, run: RunCommand): Command =>
  program
    .command('export')
    .description('export all data of an organization as NDJSON')
    .argument('[organization]', 'default: the demo organization')
    .option('--out <file>', 'write to a file, which is created when it is complete')
    .addHelpText('after', HELP)
    .action(
      run<ExportOptions>(async (session, { out }, given) => {
        const organizationId = session.organization(given);
        const sink = out === undefined ? outputSink(session.host) : fileSink(resolve(session.host.cwd, out));
        const lines = await written(session, organizationId, sink).catch(async (error: unknown) => {
          await sink.abandon();
          throw cannotWrite(error);
        });
        if (out !== undefined)
          session.printResult({ organizationId, lines, file: out }, () => `${plural(lines, 'line')} in ${out}.`);
      }),
    );

/** Returns the number of lines. */
async function written(session: CommandSession, organizationId: string, sink: Sink): Promise<number> {
  const { client, host } = session;
  const { revision, asOf } = await client.get<BalanceResponse>(path(organizationId, '/balance'));
  const progress = session.progress('events', revision + 1);
  let lines = 0;
  try {
    for await (const { type, data } of entries(client, organizationId, revision, asOf)) {
      if (host.interrupted.aborted) throw new CommandExit(INTERRUPTED, 'Stopped; the export is incomplete.');
      await sink.write(JSON.stringify({ type, data }));
      lines++;
      if (type === 'event') progress.to((data as { revision: number }).revision + 1);
    }
    await sink.write(JSON.stringify({ type: 'end', data: { organizationId, revision, lines: lines + 1 } }));
    await sink.done();
    return lines + 1;
  } finally {
    progress.stop();
  }
}

/**
 * The stream up to the revision that it had at the start, and all else as it is when it is read. One page is in memory
 * at a time.
 */
async function* entries(
  client: CliClient,
  organizationId: string,
  revision: number,
  asOf: string,
): AsyncGenerator<ExportEntry> {
  const at = (rest: string) => path(organizationId, rest);
  yield { type: 'export', data: { organizationId, revision, asOf, version: 1 } };
  yield { type: 'organization', data: await client.get(at('')) };
  yield { type: 'settings', data: await client.get(at('/settings')) };
  yield { type: 'balance', data: await client.get(at('/balance'), { atRevision: revision }) };
  const upTo = (row: ExportedRow) => (row.revision as number) <= revision;
  yield* rows(client, 'project', at('/projects'));
  yield* rows(client, 'key', at('/keys'));
  yield* rows(client, 'grant', at('/grants'), {}, upTo);
  yield* rows(client, 'event', at('/events'), { fromRevision: 0 }, upTo);
  yield* rows(client, 'movement', at('/history'), {}, upTo);
  yield* rows(client, 'job', '/v1/jobs', { organizationId });
  const refusals = `/v1/ops/organizations/${encodeURIComponent(organizationId)}/refusals`;
  // Only operators may read refusals.
  const { status } = await client.request({ path: refusals, query: { limit: 1 } }, [FORBIDDEN]);
  if (status !== FORBIDDEN) yield* rows(client, 'refusal', refusals);
}

async function* rows(
  client: CliClient,
  type: string,
  at: string,
  query: NonNullable<CliRequest['query']> = {},
  isMeant: (row: ExportedRow) => boolean = () => true,
): AsyncGenerator<ExportEntry> {
  for await (const page of pages<ExportedRow>(client, at, query))
    for (const data of page) if (isMeant(data)) yield { type, data };
}

function cannotWrite(error: unknown): unknown {
  const { code, syscall, path: file } = error as NodeJS.ErrnoException;
  if (syscall === undefined || file === undefined) return error;
  return commandError(`${file} cannot be written (${code ?? syscall}).`);
}
