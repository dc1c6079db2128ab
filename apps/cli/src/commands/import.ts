import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Client } from '../client/client';
import { CloudEventsSource } from '../import/source/cloudevents-source';
import { CsvSource } from '../import/source/csv-source';
import { parseMapping, type ImportMapping } from '../import/mapping/mapping';
import { isBadLine, type ImportSource } from '../import/source/messages';
import { ImportOrganizations } from '../import/sending/organizations';
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
import type { Run, Session } from '../session';
import { INTERRUPTED, NO, no, wrongUse } from '../stop';

interface Options {
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
Safe to interrupt and to repeat: the same command goes on where it stopped, and no row is charged twice.
Rows that were not accepted, and why, are in FILE.rejected.

Example:
  tally import trace.csv --format csv --map examples/trace-mapping.yaml --retime --create-organizations`;

export const importJobs = (program: Command, run: Run): Command =>
  program
    .command('import')
    .description('send jobs from a file')
    .argument('<file>')
    .addOption(
      new Option('--format <format>', 'what the file is').choices(['cloudevents', 'csv']).makeOptionMandatory(),
    )
    .option('--map <file>', 'how a row of CSV becomes a job (YAML, see docs/cli.md)')
    .option('--retime', 'move all times by one constant, so that the file ends now')
    .option('--batch <n>', 'messages in one request', whole(1, 1_000), 500)
    .option('--create-organizations', 'make the organizations that are missing')
    .option('--grant <credits>', 'what those start with; else as the mapping says', whole(1))
    .addOption(
      new Option(
        '--ids <mode>',
        'what ids of CSV rows are made from; position: as earlier versions did, for a file that one of them imported',
      ).choices(ID_MODES),
    )
    .option('--out <dir>', 'where FILE.rejected and FILE.progress go; else beside the file')
    .addHelpText('after', HELP)
    .action(
      run<Options>(async (session, options, file) => {
        const report = await importFile(session, resolve(session.host.cwd, file!), options);
        session.answer(report, () => describe(report));
        if (!report.complete) return INTERRUPTED;
        return refusedIn(report) + report.unreadable === 0 ? 0 : NO;
      }),
    );

async function importFile(session: Session, file: string, options: Options): Promise<ImportReport> {
  const { client, host } = session;
  const { source, mapping, mappingText } = open(file, host.cwd, options);
  const prefix = join(outputFolder(file, host.cwd, options.out), basename(file));
  const kept = new ProgressFile(`${prefix}.progress`);
  const rejected = new RejectedFile(`${prefix}.rejected`);
  const { rows, last, unlisted, hints = [] } = await source.survey();
  hints.forEach((hint) => host.err(hint));
  const settings = [mappingText, client.where, String(options.retime), options.ids ?? 'content'];
  const earlier = await believed(session, await kept.load(await fingerprintOf(file, ...settings)));
  if (earlier.row === 0 && mapping?.makesIds && options.ids === undefined)
    await refuseOldIds(client, source, new CsvSource(file, mapping, 'position'));
  const shift = earlier.shift ?? (options.retime ? shiftToEndAt(Date.now(), last) : 0);
  const started = Date.now();
  const bar = session.progress('rows', rows);
  const { grant = mapping?.grant } = options;
  const { summary, isComplete } = await runImport({
    client,
    source,
    organizations: options.createOrganizations ? new ImportOrganizations(client, { ...mapping, grant }) : undefined,
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
    seconds: (Date.now() - started) / 1_000,
    rejectedFile: existsSync(rejected.path) ? rejected.path : undefined,
  };
}

function open(
  file: string,
  cwd: string,
  options: Options,
): { source: ImportSource; mapping?: ImportMapping; mappingText: string } {
  readable(file);
  if (options.format === 'cloudevents') return { source: new CloudEventsSource(file), mappingText: '' };
  if (options.map === undefined)
    throw wrongUse('A CSV file needs --map FILE, which says how a row becomes a job. See examples/trace-mapping.yaml.');
  const path = resolve(cwd, options.map);
  readable(path);
  const mappingText = utf8(path);
  const mapping = parseMapping(mappingText);
  return { source: new CsvSource(file, mapping, options.ids), mapping, mappingText };
}

/** A value of the mapping that is read in another encoding would match other cells. */
function utf8(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch {
    throw wrongUse(`${path} is not UTF-8. Save it as UTF-8.`);
  }
}

/** Rows that are looked up under the ids of older versions. */
const PROBED = 5;

/** Earlier versions made ids from row numbers. A file that one of them imported would be charged again, all of it. */
async function refuseOldIds(client: Client, now: ImportSource, before: ImportSource): Promise<void> {
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
    throw no(
      'An earlier version of tally imported this file, with ids made from row numbers. Imported as it is, every row would be charged again: nothing was sent. ' +
        'Add --ids position to keep the ids of that version, or --ids content to charge the rows as new jobs.',
    );
}

function readable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw wrongUse(`The file ${file} cannot be read. Check its name.`);
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

/** A server that was set up anew has none of what an earlier run sent: everything is sent again. */
async function believed({ client, host }: Session, kept: ImportProgress): Promise<ImportProgress> {
  if (kept.witness === undefined || (await isKnown(client, kept.witness))) return kept;
  host.err('The server does not know what was imported before: starting from the first row.');
  return noProgress(kept.fingerprint);
}
