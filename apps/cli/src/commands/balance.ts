import type { Command } from 'commander';
import { path, time, whole } from '../options';
import { facts, table } from '../output/table';
import type { Run } from '../session';
import { wrongUse } from '../stop';

interface Options {
  readonly at?: string;
  readonly revision?: number;
}

interface Grant {
  readonly grantId: string;
  readonly kind: string;
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  readonly expired: number;
  readonly revoked: number;
  readonly expiresAt?: string;
  readonly scope?: readonly string[];
}

interface Balance extends Omit<Grant, 'grantId' | 'kind'> {
  readonly organizationId?: string;
  readonly grants: readonly Grant[];
  readonly revision: number;
  readonly asOf: string;
}

const PLACES = ['granted', 'available', 'reserved', 'consumed', 'expired', 'revoked'] as const;

export const balance = (program: Command, run: Run): Command =>
  program
    .command('balance')
    .description('where each granted credit is, now or earlier')
    .argument('[organization]', 'the demo’s where there is one')
    .option('--at <time>', 'as of a time, by the ledger’s clock', time)
    .option('--revision <n>', 'as of a revision of the organization’s stream', whole(0))
    .action(
      run<Options>(async (session, { at, revision }, given) => {
        if (at !== undefined && revision !== undefined) throw wrongUse('Give --at or --revision, not both.');
        const organization = session.organization(given);
        const query = { at, atRevision: revision };
        const found = await session.client.get<Balance>(path(organization, '/balance'), query);
        session.answer(found, () => describe(organization, found));
      }),
    );

function describe(organization: string, found: Balance): string {
  const totals = facts([
    ['organization', organization],
    ['as of', `${found.asOf}, revision ${found.revision}`],
    ...PLACES.map((place) => [place, found[place]] as const),
  ]);
  if (found.grants.length === 0) return `${totals}\n\nNo grant holds credits.`;
  const grants = table(found.grants, [
    { title: 'grant', of: ({ grantId }) => grantId },
    { title: 'kind', of: ({ kind }) => kind },
    ...PLACES.map((place) => ({ title: place, of: (grant: Grant) => grant[place] })),
    { title: 'expires', of: ({ expiresAt }) => expiresAt },
    { title: 'only for', of: ({ scope }) => scope?.join(', ') },
  ]);
  return `${totals}\n\n${grants}`;
}
