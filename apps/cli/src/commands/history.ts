import type { Command } from 'commander';
import { pages } from '../client/pages';
import { path, time, whole } from '../options';
import { table } from '../output/table';
import type { Run } from '../session';

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly kind?: string;
  readonly project?: string;
  readonly operation?: string;
  readonly limit: number;
}

/** A line of an organization's credit history. */
export interface Movement {
  readonly at?: string;
  readonly recordedAt?: string;
  readonly occurredAt?: string;
  readonly kind: string;
  readonly credits: number;
  readonly balance?: number;
  readonly available?: number;
  readonly operation?: string;
  readonly projectId?: string;
  readonly jobId?: string;
  readonly grantId?: string;
  readonly reason?: string;
  readonly revision: number;
}

const COLUMNS = [
  { title: 'revision', of: ({ revision }: Movement) => revision },
  { title: 'time', of: ({ at, recordedAt, occurredAt }: Movement) => at ?? recordedAt ?? occurredAt },
  { title: 'kind', of: ({ kind }: Movement) => kind },
  { title: 'credits', of: ({ credits }: Movement) => credits },
  { title: 'available', of: ({ available, balance }: Movement) => available ?? balance },
  { title: 'operation', of: ({ operation }: Movement) => operation },
  { title: 'project', of: ({ projectId }: Movement) => projectId },
  { title: 'job or grant', of: ({ jobId, grantId }: Movement) => jobId ?? grantId },
  { title: 'reason', of: ({ reason }: Movement) => reason },
];

export const history = (program: Command, run: Run): Command =>
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
      run<Options>(async (session, { from, to, kind, project, operation, limit }, given) => {
        const at = path(session.organization(given), '/history');
        const rows: Movement[] = [];
        for await (const page of pages<Movement>(session.client, at, { from, to, kind, project, operation }, limit))
          rows.push(...page);
        session.answer(rows, () => (rows.length === 0 ? 'Nothing moved.' : table(rows, COLUMNS)));
      }),
    );
