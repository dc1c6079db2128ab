import type { ReplayResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { runOperation } from '../operations';
import { plural, shown, table } from '../output/table';
import type { RunCommand } from '../session';
import { FAILURE } from '../command-exit';

export const replay = (program: Command, run: RunCommand): Command =>
  program
    .command('replay')
    .description('build copies of the views and compare them with the live ones')
    .argument('[organization]', 'default: all organizations')
    .action(
      run(async (session, _options: object, organizationId) => {
        const report = await runOperation<ReplayResponse>(session, '/v1/ops/replay', { organizationId });
        session.printResult(report, () => describe(report, organizationId));
        return report.differences.length === 0 ? 0 : FAILURE;
      }),
    );

function describe({ differences, head }: ReplayResponse, organizationId: string | undefined): string {
  const whose = organizationId === undefined ? 'Every view' : `Every view of ${organizationId}`;
  const [first] = differences;
  if (first === undefined) return `${whose} matches the log, up to position ${shown(head)}.`;
  const where = [`view ${first.view}`, `key ${first.key}`];
  if (first.organizationId !== undefined) where.splice(1, 0, `organization ${first.organizationId}`);
  if (first.revision !== undefined) where.push(`revision ${first.revision}`);
  const both = table(
    [
      { side: 'live', value: first.live },
      { side: 'replayed', value: first.replayed },
    ],
    [
      { title: '', of: ({ side }) => side },
      { title: 'value', of: ({ value }) => value ?? 'nothing' },
    ],
  );
  return [
    `${plural(differences.length, 'difference')}, the first in ${where.join(', ')}:`,
    both,
    `The view is wrong, because views are derived from the log. Rebuild the view with: tally rebuild ${first.view}`,
  ].join('\n');
}
