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
    .description('what added and what deducted credits, newest first')
    .argument('[organization]', 'the demo’s where there is one')
    .option('--from <time>', 'from this time on', time)
    .option('--to <time>', 'before this time', time)
    .option('--kind <kind>', 'grant, reserve, consume, refund, expire or revoke')
    .option('--project <project>', 'one project only')
    .option('--operation <operation>', 'one operation only')
    .option('--limit <n>', 'at most so many', whole(1), 100)
    .action(
      run<HistoryOptions>(async (session, { from, to, kind, project, operation, limit }, given) => {
        const at = path(session.organization(given), '/history');
        const rows: MovementItem[] = [];
        for await (const page of pages<MovementItem>(session.client, at, { from, to, kind, project, operation }, limit))
          rows.push(...page);
        session.printResult(rows, () => (rows.length === 0 ? 'Nothing moved.' : table(rows, COLUMNS)));
      }),
    );
