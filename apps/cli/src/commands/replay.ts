import type { ReplayResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { carryOut } from '../operations';
import { plural, shown, table } from '../output/table';
import type { Run } from '../session';
import { NO } from '../stop';

export const replay = (program: Command, run: Run): Command =>
  program
    .command('replay')
    .description('rebuild the views in a scratch place and compare them with the live ones')
    .argument('[organization]', 'this one only; all where none is named')
    .action(
      run(async (session, _options: object, organizationId) => {
        const report = await carryOut<ReplayResponse>(session, '/v1/ops/replay', { organizationId });
        session.answer(report, () => describe(report, organizationId));
        return report.differences.length === 0 ? 0 : NO;
      }),
    );

function describe({ differences, head }: ReplayResponse, organizationId: string | undefined): string {
  const whose = organizationId === undefined ? 'Every view' : `Every view of ${organizationId}`;
  const [first] = differences;
  if (first === undefined) return `${whose} comes out the same from the log, up to position ${shown(head)}.`;
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
    `The log is the truth. Build the view again with: tally rebuild ${first.view}`,
  ].join('\n');
}
