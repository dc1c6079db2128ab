import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemClock } from '@tallystick/runtime';
import { Option, type Command } from 'commander';
import type { CliClient } from '../client/client';
import { CloudEventsSource } from '../import/source/cloudevents-source';
import { CsvSource } from '../import/source/csv-source';
import { parseMapping, type ImportMapping } from '../import/mapping/mapping';
import { isBadLine, type ImportSource } from '../import/source/messages';
import { ImportOrganizations } from '../import/sending/organizations';
import { ImportSubscriptions } from '../import/sending/subscriptions';
import { noProgress, fingerprintOf, ProgressFile, type ImportProgress } from '../import/progress/progress-file';
import { RejectedFile } from '../import/progress/rejected-file';
import { describe, type ImportReport } from '../import/progress/report';
import { RefusedByJob, RefusedRows } from '../import/sending/refused-jobs';
import { ID_MODES, type IdMode } from '../import/mapping/row-ids';
import { runImport } from '../import/run';
import { refusedIn } from '../import/progress/summary';
import { shiftToEndAt } from '../import/mapping/times';
import { isKnown } from '../import/sending/sample-job';
import { whole } from '../options';
import type { RunCommand, CommandSession } from '../session';
import { INTERRUPTED, FAILURE, commandError, usageError } from '../command-exit';

interface ImportOptions {
  readonly format: 'csv' | 'cloudevents';
  readonly map?: string;
  readonly retime?: boolean;
  readonly batch: number;
  readonly createOrganizations?: boolean;
  readonly grant?: number;
  readonly out?: string;
  readonly ids?: IdMode;
}

const HELP = `
Safe to interrupt and to repeat: the same command continues where it stopped, and no row is charged twice.
FILE.rejected contains the rows that were not accepted, with reasons.

Example:
  tally import trace.csv --format csv --map examples/trace-mapping.yaml --retime --create-organizations`;

export const importJobs = (program: Command, run: RunCommand): Command =>
  program
    .command('import')
    .description('send jobs from a file')
    .argument('<file>')
    .addOption(
      new Option('--format <format>', 'format of the file').choices(['cloudevents', 'csv']).makeOptionMandatory(),
    )
    .option('--map <file>', 'mapping of CSV rows to jobs (YAML, see docs/cli.md)')
    .option('--retime', 'move all times by the same offset, so that the file ends now')
    .option('--batch <n>', 'messages per request', whole(1, 1_000), 500)
    .option('--create-organizations', 'create missing organizations')
    .option('--grant <credits>', 'initial credits of created organizations; default: of the mapping', whole(1))
    .addOption(
      new Option(
        '--ids <mode>',
        'source of generated ids of CSV rows; position: for a file that an earlier version imported',
      ).choices(ID_MODES),
    )
    .option('--out <dir>', 'folder of FILE.rejected and FILE.progress; default: that of the file')
    .addHelpText('after', HELP)
    .action(
      run<ImportOptions>(async (session, options, file) => {
        const report = await importFile(session, resolve(session.host.cwd, file!), options);
        session.printResult(report, () => describe(report));
        if (!report.complete) return INTERRUPTED;
        return refusedIn(report) + report.unreadable === 0 ? 0 : FAILURE;
      }),
    );

async function importFile(session: CommandSession, file: string, options: ImportOptions): Promise<ImportReport> {
  const { client, host } = session;
  const { source, mapping, mappingText } = open(file, host.cwd, options);
  const prefix = join(outputFolder(file, host.cwd, options.out), basename(file));
  const kept = new ProgressFile(`${prefix}.progress`);
  const rejected = new RejectedFile(`${prefix}.rejected`);
  const { rows, last, unlisted, hints = [] } = await source.survey();
  hints.forEach((hint) => host.err(hint));
  const settings = [mappingText, client.where, String(options.retime), options.ids ?? 'content'];
  const earlier = await verifiedProgress(session, await kept.load(await fingerprintOf(file, ...settings)));
  if (earlier.row === 0 && mapping?.makesIds && options.ids === undefined)
    await refuseOldIds(client, source, new CsvSource(file, mapping, 'position'));
  const shift = earlier.shift ?? (options.retime ? shiftToEndAt(systemClock.now(), last) : 0);
  const startedAt = systemClock.monotonic();
  const bar = session.progress('rows', rows);
  const { grant = mapping?.grant } = options;
  const { plan, country } = mapping ?? {};
  const subscriptions = plan === undefined ? undefined : new ImportSubscriptions(client, plan, country);
  const { summary, isComplete } = await runImport({
    client,
    source,
    organizations: options.createOrganizations ? new ImportOrganizations(client, grant, subscriptions) : undefined,
    batchSize: options.batch,
    from: { ...earlier, shift },
    kept,
    rejected,
    refusedJobs: mapping ? new RefusedRows() : new RefusedByJob(),
    bar,
    interrupted: host.interrupted,
  }).finally(() => bar.stop());
  if (isComplete) await kept.remove();
  return {
    ...summary,
    rows,
    resumedAt: earlier.row,
    complete: isComplete,
    unlistedOutcomes: unlisted?.rows ?? 0,
    unlistedValues: unlisted?.values ?? [],
    planNotImported: subscriptions?.isMissing ? plan : undefined,
    seconds: Math.round(systemClock.monotonic() - startedAt) / 1_000,
    rejectedFile: existsSync(rejected.path) ? rejected.path : undefined,
  };
}

function open(
  file: string,
  cwd: string,
  options: ImportOptions,
): { source: ImportSource; mapping?: ImportMapping; mappingText: string } {
  readable(file);
  if (options.format === 'cloudevents') return { source: new CloudEventsSource(file), mappingText: '' };
  if (options.map === undefined)
    throw usageError('A CSV file requires --map FILE, which maps rows to jobs. See examples/trace-mapping.yaml.');
  const path = resolve(cwd, options.map);
  readable(path);
  const mappingText = utf8(path);
  const mapping = parseMapping(mappingText);
  return { source: new CsvSource(file, mapping, options.ids), mapping, mappingText };
}

/** Rejects other encodings, whose values would not match the cells. */
function utf8(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch {
    throw usageError(`${path} is not UTF-8. Save it as UTF-8.`);
  }
}

/** Number of rows that are looked up with ids of older versions. */
const PROBED = 5;

/** Refuses a file that an earlier version imported, with ids from row numbers: all rows would be charged again. */
async function refuseOldIds(client: CliClient, now: ImportSource, before: ImportSource): Promise<void> {
  const isImported = async (source: ImportSource): Promise<boolean> => {
    let probed = 0;
    for await (const item of source.messages(0, 0)) {
      if (isBadLine(item) || item.kind !== 'submit') continue;
      if (await isKnown(client, item)) return true;
      if (++probed === PROBED) break;
    }
    return false;
  };
  if ((await isImported(before)) && !(await isImported(now)))
    throw commandError(
      'An earlier version of tally imported this file, with ids from row numbers. A new import would charge every row again, so nothing was sent. ' +
        'Add --ids position to keep the ids of that version, or --ids content to charge the rows as new jobs.',
    );
}

function readable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw usageError(`The file ${file} cannot be read. Check its name.`);
  }
}

function outputFolder(file: string, cwd: string, out: string | undefined): string {
  if (out !== undefined) return resolve(cwd, out);
  try {
    accessSync(dirname(file), constants.W_OK);
    return dirname(file);
  } catch {
    return cwd;
  }
}

/** Discards the progress if the server does not have the jobs of the earlier run, for example after a new installation. */
async function verifiedProgress({ client, host }: CommandSession, kept: ImportProgress): Promise<ImportProgress> {
  if (kept.witness === undefined || (await isKnown(client, kept.witness))) return kept;
  host.err('The server does not have the jobs of the earlier import: starting from the first row.');
  return noProgress(kept.fingerprint);
}
