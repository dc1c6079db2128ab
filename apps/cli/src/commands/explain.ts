import type { BalanceResponse, GrantBalance, ProjectResponse, RefusalRecord } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { pages } from '../client/pages';
import { path } from '../options';
import { facts, plural, table } from '../output/table';
import { REFUSAL_CODES, type RefusalMeaning } from '../refusal-codes';
import type { RunCommand, CommandSession } from '../session';
import { commandError } from '../command-exit';

interface Explanation extends RefusalMeaning {
  readonly refusal: RefusalRecord;
  /** Balance at the revision of the refusal. */
  readonly then: BalanceResponse;
  readonly now: BalanceResponse;
  /** Present state of the project. */
  readonly project?: ProjectResponse;
  /** Status of the job, if it was sent again and accepted. */
  readonly status?: string;
}

const NOT_FOUND = 404;
const UNKNOWN: RefusalMeaning = {
  means: 'This version of tally does not know the code.',
  next: 'See /docs/problems of the server.',
};

export const explain = (program: Command, run: RunCommand): Command =>
  program
    .command('explain')
    .description('explain why a job was refused, and what to do')
    .argument('<refusal>', 'id of a refused job, or a code such as insufficient_credits')
    .argument('[organization]', 'default: the demo organization')
    .action(
      run(async (session, _, refusal, organization) => {
        const code = Object.hasOwn(REFUSAL_CODES, refusal!) ? refusal! : undefined;
        if (code !== undefined) {
          const meaning = REFUSAL_CODES[code]!;
          session.printResult({ code, ...meaning }, () => meaningOf(code, meaning));
          return;
        }
        const explanation = await explained(session, session.organization(organization), refusal!);
        session.printResult(explanation, () => textOf(explanation));
      }),
    );

async function explained(session: CommandSession, organizationId: string, jobId: string): Promise<Explanation> {
  const { client } = session;
  const refusal = await lastRefusal(session, organizationId, jobId);
  const balance = path(organizationId, '/balance');
  const then = await client.get<BalanceResponse>(balance, { atRevision: refusal.revision }, 'operator');
  const now = await client.get<BalanceResponse>(balance, {}, 'operator');
  const project =
    refusal.code === 'budget_cap_exceeded'
      ? await client.get<ProjectResponse>(path(organizationId, `/projects/${encodeURIComponent(refusal.projectId)}`))
      : undefined;
  const status = await statusOf(session, organizationId, jobId);
  return { ...(REFUSAL_CODES[refusal.code] ?? UNKNOWN), refusal, then, now, project, status };
}

/** Status of the job; undefined if it was not submitted. */
async function statusOf(
  { client }: CommandSession,
  organizationId: string,
  jobId: string,
): Promise<string | undefined> {
  const call = { path: `/v1/jobs/${encodeURIComponent(jobId)}`, query: { organizationId } };
  const { status, body } = await client.request<{ status: string }>(call, [NOT_FOUND]);
  return status === NOT_FOUND || body.status === 'awaiting' ? undefined : body.status;
}

async function lastRefusal(session: CommandSession, organizationId: string, jobId: string): Promise<RefusalRecord> {
  const { client } = session;
  const at = `/v1/ops/organizations/${encodeURIComponent(organizationId)}/refusals`;
  let last: RefusalRecord | undefined;
  for await (const page of pages<RefusalRecord>(client, at, {}, Infinity, 'operator'))
    last = page.findLast((refusal) => refusal.jobId === jobId) ?? last;
  if (last) return last;
  const status = await statusOf(session, organizationId, jobId);
  if (status !== undefined) throw commandError(`Job ${jobId} of ${organizationId} was accepted: it is ${status}.`);
  throw commandError(
    `No refusal of a job ${jobId} of ${organizationId} is stored, and ${jobId} is not a code. Refusals are stored for 35 days; the codes are ${Object.keys(REFUSAL_CODES).join(', ')}.`,
  );
}

const meaningOf = (code: string, { httpStatus, means, next }: RefusalMeaning): string =>
  `${code}${httpStatus === undefined ? '' : ` (HTTP ${httpStatus})`}: ${means}\nWhat to do: ${next}`;

const COLUMNS = (operation: string | undefined) => [
  { title: 'grant', of: ({ grantId }: GrantBalance) => grantId },
  { title: 'kind', of: ({ kind }: GrantBalance) => kind },
  { title: 'available', of: ({ available }: GrantBalance) => available },
  { title: 'reserved', of: ({ reserved }: GrantBalance) => reserved },
  { title: 'expires', of: ({ expiresAt }: GrantBalance) => expiresAt },
  { title: 'scope', of: ({ scope }: GrantBalance) => scope?.join(' ') },
  {
    title: 'for this job',
    of: ({ scope }: GrantBalance) =>
      scope === undefined || operation === undefined || scope.includes(operation) ? 'yes' : 'no',
  },
];

function textOf({ refusal, then, now, project, status, ...meaning }: Explanation): string {
  const { jobId, organizationId, projectId, apiKeyId, operation, at, code, required, available } = refusal;
  const parts = [
    facts([
      ['job', jobId],
      ['organization', organizationId],
      ['project', projectId],
      ['key', apiKeyId],
      ['operation', operation],
      ['refused at', at],
      ['decided on', `revision ${refusal.revision}`],
      ['needed', required],
      ['available', available],
    ]),
    meaningOf(code, meaning),
    then.grants.length === 0
      ? `At revision ${refusal.revision} the organization had no grants.`
      : `The grants at revision ${refusal.revision}:\n${table(then.grants, COLUMNS(operation))}`,
  ];
  if (project?.budgetCap != null)
    parts.push(
      `The cap of project ${projectId} is now ${plural(project.budgetCap, 'credit')}, and ${plural(project.used ?? 0, 'is', 'are')} used.`,
    );
  parts.push(`Now, at revision ${now.revision}, ${plural(now.available, 'credit is', 'credits are')} available.`);
  if (status !== undefined) parts.push(`The job was sent again and accepted: it is ${status}.`);
  return parts.join('\n\n');
}
