import type { ForeignRecordReport, VerificationResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { runOperation } from '../operations';
import { plural } from '../output/table';
import type { RunCommand } from '../session';
import { FAILURE } from '../command-exit';

export const verify = (program: Command, run: RunCommand): Command =>
  program
    .command('verify')
    .description('check all invariants of the whole log')
    .action(
      run(async (session) => {
        const report = await runOperation<VerificationResponse>(session, '/v1/ops/verify', {});
        session.printResult(report, () => describe(report));
        return report.breaches.length === 0 ? 0 : FAILURE;
      }),
    );

function describe({ events, organizations, unsealed = 0, breaches, foreign = [] }: VerificationResponse): string {
  const looked = `${plural(events, 'event')} of ${plural(organizations, 'organization')}`;
  const notes = foreign.map(noteOf);
  const [first] = breaches;
  if (first === undefined)
    return [
      `${looked}: every credit is accounted for.`,
      ...(unsealed > 0
        ? [
            `${plural(unsealed, 'stream')} of an older version: the part before the first hash is not sealed yet. The server seals it in the background.`,
          ]
        : []),
      ...notes,
    ].join('\n');
  return [
    `${looked}: ${plural(breaches.length, 'breach', 'breaches')}.`,
    `The first is in organization ${first.organizationId} at revision ${first.revision}: ${first.what}`,
    `Show it with: tally events ${first.organizationId} --from ${Math.max(0, first.revision - 5)}`,
    ...notes,
  ].join('\n');
}

function noteOf({ stream, revision, eventId, type, kind, isAccepted }: ForeignRecordReport): string {
  if (kind === 'not-ours') return `Not a Tallystick stream: ${stream}, which begins with ${type} (id ${eventId}).`;
  return `${isAccepted ? 'Accepted as foreign' : 'Not folded'}: revision ${revision} of ${stream} (${type}, id ${eventId}).`;
}
