import type { BalanceResponse, CreditAmounts, GrantBalance } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { path, time, whole } from '../options';
import { facts, table } from '../output/table';
import type { RunCommand } from '../session';
import { usageError } from '../command-exit';

interface BalanceOptions {
  readonly at?: string;
  readonly revision?: number;
}

const PLACES = ['granted', 'available', 'reserved', 'consumed', 'expired', 'revoked'] as const;
export const balance = (program: Command, run: RunCommand): Command =>
  program
    .command('balance')
    .description('show the balance and grants, now or at an earlier time')
    .argument('[organization]', 'default: the demo organization')
    .option('--at <time>', 'as of a time of the ledger’s clock', time)
    .option('--revision <n>', 'as of a revision of the organization’s stream', whole(0))
    .action(
      run<BalanceOptions>(async (session, { at, revision }, given) => {
        if (at !== undefined && revision !== undefined) throw usageError('Give --at or --revision, not both.');
        const organization = session.organization(given);
        const query = { at, atRevision: revision };
        const found = await session.client.get<BalanceResponse>(path(organization, '/balance'), query);
        session.printResult(found, () => describe(organization, found));
      }),
    );

function describe(organization: string, found: BalanceResponse): string {
  const totals = facts([
    ['organization', organization],
    ['as of', `${found.asOf}, revision ${found.revision}`],
    ...PLACES.map((place) => [place, found[place]] as const),
  ]);
  const ended = Object.entries(found.ended?.byKind ?? {}).map(
    ([kind, sums]): Partial<GrantBalance> & CreditAmounts => ({
      grantId: 'ended grants',
      kind,
      ...sums,
    }),
  );
  const rows = [...found.grants, ...ended];
  if (rows.length === 0) return `${totals}\n\nThere are no grants.`;
  const grants = table(rows, [
    { title: 'grant', of: ({ grantId }) => grantId },
    { title: 'kind', of: ({ kind }) => kind },
    ...PLACES.map((place) => ({ title: place, of: (grant: Partial<GrantBalance> & CreditAmounts) => grant[place] })),
    { title: 'expires', of: ({ expiresAt }) => expiresAt },
    { title: 'only for', of: ({ scope }) => scope?.join(', ') },
  ]);
  return `${totals}\n\n${grants}`;
}
