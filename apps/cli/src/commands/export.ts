import type { BalanceResponse } from '@tallystick/contracts/ledger';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Call, Client } from '../client/client';
import { pages } from '../client/pages';
import { path } from '../options';
import { plural } from '../output/table';
import { fileSink, outputSink, type Sink } from '../output/sink';
import type { Run, Session } from '../session';
import { INTERRUPTED, no, Stop } from '../stop';

interface Options {
  readonly out?: string;
}

type ExportedRow = Readonly<Record<string, unknown>>;

/** One line: what it is, and the thing itself as its route shows it. */
interface Entry {
  readonly type: string;
  readonly data: unknown;
}

const FORBIDDEN = 403;

const HELP = `
One JSON object a line: { "type": …, "data": … }. The first is of type export, the last of type end and says how many
lines there are: without it the export was cut short. Keys come without their secrets, jobs with the details that are
still kept. The stream's events (type event) are all that credits are made from.`;

export const exportOrganization = (program: Command, run: Run): Command =>
  program
    .command('export')
    .description('everything of an organization, as NDJSON')
    .argument('[organization]', 'the demo’s where there is one')
    .option('--out <file>', 'write to a file, which appears when it is complete')
    .addHelpText('after', HELP)
    .action(
      run<Options>(async (session, { out }, given) => {
        const organizationId = session.organization(given);
        const sink = out === undefined ? outputSink(session.host) : fileSink(resolve(session.host.cwd, out));
        const lines = await written(session, organizationId, sink).catch(async (error: unknown) => {
          await sink.abandon();
          throw cannotWrite(error);
        });
        if (out !== undefined)
          session.answer({ organizationId, lines, file: out }, () => `${plural(lines, 'line')} in ${out}.`);
      }),
    );

/** Answers how many lines there are. */
async function written(session: Session, organizationId: string, sink: Sink): Promise<number> {
  const { client, host } = session;
  const { revision, asOf } = await client.get<BalanceResponse>(path(organizationId, '/balance'));
  const progress = session.progress('events', revision + 1);
  let lines = 0;
  try {
    for await (const { type, data } of entries(client, organizationId, revision, asOf)) {
      if (host.interrupted.aborted) throw new Stop(INTERRUPTED, 'Stopped; the export is not complete.');
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
async function* entries(client: Client, organizationId: string, revision: number, asOf: string): AsyncGenerator<Entry> {
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
  // (for operators only)
  const { status } = await client.request({ path: refusals, query: { limit: 1 } }, [FORBIDDEN]);
  if (status !== FORBIDDEN) yield* rows(client, 'refusal', refusals);
}

async function* rows(
  client: Client,
  type: string,
  at: string,
  query: NonNullable<Call['query']> = {},
  isMeant: (row: ExportedRow) => boolean = () => true,
): AsyncGenerator<Entry> {
  for await (const page of pages<ExportedRow>(client, at, query))
    for (const data of page) if (isMeant(data)) yield { type, data };
}

function cannotWrite(error: unknown): unknown {
  const { code, syscall, path: file } = error as NodeJS.ErrnoException;
  if (syscall === undefined || file === undefined) return error;
  return no(`${file} cannot be written (${code ?? syscall}).`);
}
