import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { CloudEventsSource } from '../import/cloudevents-source';
import { CsvSource } from '../import/csv-source';
import { parseMapping, type Mapping } from '../import/mapping';
import type { Source } from '../import/messages';
import { Organizations } from '../import/organizations';
import { beginning, fingerprintOf, ProgressFile, type Progress } from '../import/progress-file';
import { RejectedFile } from '../import/rejected-file';
import { describe, type Report } from '../import/report';
import { runImport } from '../import/run';
import { isKnown, settle } from '../import/settle';
import { refusedIn } from '../import/summary';
import { shiftToEndAt } from '../import/times';
import { whole } from '../options';
import type { Run, Session } from '../session';
import { INTERRUPTED, NO, wrongUse } from '../stop';

interface Options {
  readonly format: 'csv' | 'cloudevents';
  readonly map?: string;
  readonly retime?: boolean;
  readonly batch: number;
  readonly createOrganizations?: boolean;
  readonly grant?: number;
  readonly out?: string;
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
      new Option('--format <format>', 'what the file is')
        .choices(['cloudevents', 'csv'])
        .makeOptionMandatory(),
    )
    .option('--map <file>', 'how a row of CSV becomes a job (YAML, see docs/cli.md)')
    .option('--retime', 'move all times by one constant, so that the file ends now')
    .option('--batch <n>', 'messages in one request', whole(1, 1_000), 500)
    .option('--create-organizations', 'make the organizations that are missing')
    .option('--grant <credits>', 'what those start with; else as the mapping says', whole(1))
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

async function importFile(session: Session, file: string, options: Options): Promise<Report> {
  const { client, host } = session;
  const { source, mapping, mappingText } = open(file, host.cwd, options);
  const prefix = join(outputFolder(file, host.cwd, options.out), basename(file));
  const kept = new ProgressFile(`${prefix}.progress`);
  const rejected = new RejectedFile(`${prefix}.rejected`);
  const { rows, last } = await source.survey();
  const fingerprint = await fingerprintOf(file, mappingText, client.where, String(options.retime));
  const earlier = await believed(session, await kept.load(fingerprint));
  const shift = earlier.shift ?? (options.retime ? shiftToEndAt(Date.now(), last) : 0);
  const started = Date.now();
  const bar = session.progress('rows', rows);
  const { grant = mapping?.grant } = options;
  const { summary, isComplete, lastEnds } = await runImport({
    client,
    source,
    organizations: options.createOrganizations ? new Organizations(client, { ...mapping, grant }) : undefined,
    batchSize: options.batch,
    from: { ...earlier, shift },
    kept,
    rejected,
    bar,
    interrupted: host.interrupted,
  }).finally(() => bar.stop());
  const behind = isComplete ? await settle(client, lastEnds, host.interrupted) : 0;
  if (isComplete) await kept.remove();
  const seconds = (Date.now() - started) / 1_000;
  const rejectedFile = existsSync(rejected.path) ? rejected.path : undefined;
  return { ...summary, rows, resumedAt: earlier.row, complete: isComplete, behind, seconds, rejectedFile };
}

function open(
  file: string,
  cwd: string,
  options: Options,
): { source: Source; mapping?: Mapping; mappingText: string } {
  readable(file);
  if (options.format === 'cloudevents') return { source: new CloudEventsSource(file), mappingText: '' };
  if (options.map === undefined)
    throw wrongUse(
      'A CSV file needs --map FILE, which says how a row becomes a job. See examples/trace-mapping.yaml.',
    );
  const path = resolve(cwd, options.map);
  readable(path);
  const mappingText = readFileSync(path, 'utf8');
  const mapping = parseMapping(mappingText);
  return { source: new CsvSource(file, mapping), mapping, mappingText };
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
async function believed({ client, host }: Session, kept: Progress): Promise<Progress> {
  if (kept.witness === undefined || (await isKnown(client, kept.witness))) return kept;
  host.err('The server does not know what was imported before: starting from the first row.');
  return beginning(kept.fingerprint);
}
