import type { Command } from 'commander';
import { pages } from '../client/pages';
import { sentenceOf } from '../client/problem';
import { plural, table } from '../output/table';
import type { Run, Session } from '../session';
import { NO } from '../stop';

const PATH = '/v1/ops/parked-organizations';
const STILL_STOPPED = 409;

interface Parked {
  readonly organizationId: string;
  readonly why: string;
  readonly since: string;
  readonly waiting: number;
}

interface Released {
  readonly organizationId: string;
  readonly state: 'running' | 'stopped';
  /** Messages that had waited. */
  readonly decided?: number;
  /** Why it is stopped still. */
  readonly detail?: string;
}

const COLUMNS = [
  { title: 'organization', of: ({ organizationId }: Parked) => organizationId },
  { title: 'waiting', of: ({ waiting }: Parked) => waiting },
  { title: 'since', of: ({ since }: Parked) => since },
  { title: 'why', of: ({ why }: Parked) => why },
];

export const parked = (program: Command, run: Run): Command => {
  const command = program
    .command('parked')
    .description('organizations that a fault has stopped, and how many of their messages wait')
    .action(
      run(async (session) => {
        const rows: Parked[] = [];
        for await (const page of pages<Parked>(session.client, PATH, {}, Infinity, 'operator')) rows.push(...page);
        session.answer(rows, () => (rows.length === 0 ? 'No organization is stopped.' : table(rows, COLUMNS)));
      }),
    );
  command
    .command('release')
    .description('let them go on, once the cause is mended; what has waited is decided in its order')
    .argument('<organization...>')
    .action(
      run<object, [string[]]>(async (session, _options, organizationIds) => {
        const released: Released[] = [];
        for (const id of organizationIds) released.push(await release(session, id));
        session.answer(released, () => released.map(describe).join('\n'));
        return released.every(({ state }) => state === 'running') ? 0 : NO;
      }),
    );
  return command;
};

/** One that is stopped still must not keep the others waiting. */
async function release({ client }: Session, organizationId: string): Promise<Released> {
  const path = `${PATH}/${encodeURIComponent(organizationId)}/release`;
  const { status, body } = await client.request<Released>({ path, body: {}, as: 'operator' }, [STILL_STOPPED]);
  if (status !== STILL_STOPPED) return body;
  const { decided } = body;
  return { organizationId, state: 'stopped', decided, detail: sentenceOf(status, body, client.where) };
}

const describe = ({ organizationId, state, decided = 0, detail }: Released): string =>
  state === 'running'
    ? `Released ${organizationId}: ${plural(decided, 'message')} had waited.`
    : `${organizationId} is still stopped. ${detail}`;
