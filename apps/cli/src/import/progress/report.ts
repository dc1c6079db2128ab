import { facts, oneLine, plural, shortened } from '../../output/table';
import { duration } from '../../output/progress';
import { refusedIn, type ImportSummary } from './summary';

export interface ImportReport extends ImportSummary {
  /** Rows of the file. */
  readonly rows: number;
  /** Last row of an earlier run. */
  readonly resumedAt: number;
  /** False if the import was interrupted. */
  readonly complete: boolean;
  /** Rows whose outcome the mapping does not list. They count as completed. */
  readonly unlistedOutcomes: number;
  /** Some of these outcomes. */
  readonly unlistedValues: readonly string[];
  /** The plan of the mapping, if the server has no billing to subscribe to it. */
  readonly planNotImported?: string;
  readonly seconds: number;
  readonly rejectedFile?: string;
}

export function describe(report: ImportReport): string {
  const refused = Object.entries(report.refused).map(([code, count]) => `${count.toLocaleString('en-US')} ${code}`);
  const took = duration(report.seconds);
  const lines = [
    report.complete
      ? `${plural(report.rows, 'row')} imported in ${took}${report.resumedAt > 0 ? `, from row ${report.resumedAt + 1} on` : ''}.`
      : `Stopped after ${took}. Run the same command again to continue.`,
    facts([
      ['accepted', `${plural(report.accepted, 'row')}, ${plural(report.credits, 'credit')} reserved`],
      ['repeated', report.repeated > 0 ? `${plural(report.repeated, 'row')} that the server already had` : undefined],
      ['refused', refused.length > 0 ? `${plural(refusedIn(report), 'row')}: ${refused.join(', ')}` : undefined],
      ['unreadable', report.unreadable > 0 ? plural(report.unreadable, 'row') : undefined],
    ]),
  ];
  if (report.rejectedFile !== undefined) lines.push(`Rejected rows with their reasons: ${report.rejectedFile}`);
  if (report.unlistedOutcomes > 0)
    lines.push(
      `${plural(report.unlistedOutcomes, 'row')} matched no outcome of the mapping and counted as completed: ${someOf(report.unlistedValues)}.`,
    );
  if (report.planNotImported !== undefined)
    lines.push(
      `The plan ${oneLine(report.planNotImported)} was not imported: the server has no billing. Subscribe each organization with POST /v1/organizations/{id}/subscription.`,
    );
  if (report.awaiting > 0)
    lines.push(`The outcomes of ${plural(report.awaiting, 'job')} wait for the submission of their job.`);
  return [...lines, ...advice(report)].join('\n');
}

const someOf = (values: readonly string[]): string =>
  [...values.map((value) => shortened(oneLine(value), 40)), ...(values.length < 5 ? [] : ['…'])].join(', ');

const ADVICE: Readonly<Record<string, string>> = {
  outcome_conflict: 'A job keeps its first outcome. See tally history ORGANIZATION for the charges.',
  unknown_organization: 'Add --create-organizations to create missing organizations.',
  stale_job: 'Add --retime to move the times of an old file to now.',
  insufficient_credits:
    'Grant credits with tally grant, then repeat the import: only these rows are sent to be charged.',
};

const advice = ({ refused }: ImportReport): string[] =>
  Object.keys(refused).flatMap((code) => (Object.hasOwn(ADVICE, code) ? [ADVICE[code]!] : []));
