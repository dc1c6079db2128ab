import type { ParkedOrganizationResponse, ReleaseResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { pages } from '../client/pages';
import { sentenceOf } from '../client/problem';
import { plural, table } from '../output/table';
import type { RunCommand, CommandSession } from '../session';
import { FAILURE } from '../command-exit';

const PATH = '/v1/ops/parked-organizations';
const STILL_STOPPED = 409;

/** Result for one organization. `detail`: reason why it is still stopped. */
type Release = Omit<ReleaseResponse, 'state'> & { readonly state: 'running' | 'stopped'; readonly detail?: string };

const COLUMNS = [
  { title: 'organization', of: ({ organizationId }: ParkedOrganizationResponse) => organizationId },
  { title: 'waiting', of: ({ waiting }: ParkedOrganizationResponse) => waiting },
  { title: 'since', of: ({ since }: ParkedOrganizationResponse) => since },
  { title: 'why', of: ({ why }: ParkedOrganizationResponse) => why },
];

export const parked = (program: Command, run: RunCommand): Command => {
  const command = program
    .command('parked')
    .description('list organizations that a fault has stopped, with the number of their parked messages')
    .action(
      run(async (session) => {
        const rows: ParkedOrganizationResponse[] = [];
        for await (const page of pages<ParkedOrganizationResponse>(session.client, PATH, {}, Infinity, 'operator'))
          rows.push(...page);
        session.printResult(rows, () => (rows.length === 0 ? 'No organization is stopped.' : table(rows, COLUMNS)));
      }),
    );
  command
    .command('release')
    .description('release organizations after the cause is fixed; parked messages are decided in order')
    .argument('<organization...>')
    .action(
      run<object, [string[]]>(async (session, _options, organizationIds) => {
        const released: Release[] = [];
        for (const id of organizationIds) released.push(await release(session, id));
        session.printResult(released, () => released.map(describe).join('\n'));
        return released.every(({ state }) => state === 'running') ? 0 : FAILURE;
      }),
    );
  return command;
};

/** Returns an organization that is still stopped as a result, so that the others are released too. */
async function release({ client }: CommandSession, organizationId: string): Promise<Release> {
  const path = `${PATH}/${encodeURIComponent(organizationId)}/release`;
  const { status, body } = await client.request<ReleaseResponse>({ path, body: {}, as: 'operator' }, [STILL_STOPPED]);
  if (status !== STILL_STOPPED) return body;
  const { decided } = body;
  return { organizationId, state: 'stopped', decided, detail: sentenceOf(status, body, client.where) };
}

const describe = ({ organizationId, state, decided, detail }: Release): string =>
  state === 'running'
    ? `Released ${organizationId}: ${plural(decided, 'parked message')} decided.`
    : `${organizationId} is still stopped. ${detail}`;
