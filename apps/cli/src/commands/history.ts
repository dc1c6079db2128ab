import type { MovementItem } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { pages } from '../client/pages';
import { path, time, whole } from '../options';
import { table } from '../output/table';
import type { RunCommand } from '../session';

interface HistoryOptions {
  readonly from?: string;
  readonly to?: string;
  readonly kind?: string;
  readonly project?: string;
  readonly operation?: string;
  readonly limit: number;
}

const COLUMNS = [
  { title: 'revision', of: ({ revision }: MovementItem) => revision },
  { title: 'time', of: ({ recordedAt }: MovementItem) => recordedAt },
  { title: 'kind', of: ({ kind }: MovementItem) => kind },
  { title: 'credits', of: ({ credits }: MovementItem) => credits },
  { title: 'operation', of: ({ operation }: MovementItem) => operation },
  { title: 'project', of: ({ projectId }: MovementItem) => projectId },
  { title: 'job or grant', of: ({ jobId, grantId }: MovementItem) => jobId ?? grantId },
  { title: 'reason', of: ({ reason }: MovementItem) => reason },
];

export const history = (program: Command, run: RunCommand): Command =>
  program
    .command('history')
    .description('show additions and deductions of credits, newest first')
    .argument('[organization]', 'default: the demo organization')
    .option('--from <time>', 'first time', time)
    .option('--to <time>', 'before this time', time)
    .option('--kind <kind>', 'grant, reserve, consume, refund, expire or revoke')
    .option('--project <project>', 'only this project')
    .option('--operation <operation>', 'only this operation')
    .option('--limit <n>', 'maximum number of rows', whole(1), 100)
    .action(
      run<HistoryOptions>(async (session, { from, to, kind, project, operation, limit }, given) => {
        const at = path(session.organization(given), '/history');
        const rows: MovementItem[] = [];
        for await (const page of pages<MovementItem>(session.client, at, { from, to, kind, project, operation }, limit))
          rows.push(...page);
        session.printResult(rows, () => (rows.length === 0 ? 'There are no movements.' : table(rows, COLUMNS)));
      }),
    );
