import type { ForeignRecordReport, VerificationResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { carryOut } from '../operations';
import { plural } from '../output/table';
import type { Run } from '../session';
import { NO } from '../stop';

export const verify = (program: Command, run: Run): Command =>
  program
    .command('verify')
    .description('check every invariant over the whole log')
    .action(
      run(async (session) => {
        const report = await carryOut<VerificationResponse>(session, '/v1/ops/verify', {});
        session.answer(report, () => describe(report));
        return report.breaches.length === 0 ? 0 : NO;
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
            `${plural(unsealed, 'stream')} of an older version: the part before the first hash is not sealed yet. The server does that in the background.`,
          ]
        : []),
      ...notes,
    ].join('\n');
  return [
    `${looked}: ${plural(breaches.length, 'breach', 'breaches')}.`,
    `The first is in organization ${first.organizationId} at revision ${first.revision}: ${first.what}`,
    `Look at it with: tally events ${first.organizationId} --from ${Math.max(0, first.revision - 5)}`,
    ...notes,
  ].join('\n');
}

function noteOf({ stream, revision, eventId, type, kind, isAccepted }: ForeignRecordReport): string {
  if (kind === 'not-ours') return `Not ours: ${stream}, which begins with ${type} (id ${eventId}).`;
  return `${isAccepted ? 'Accepted as foreign' : 'Not folded'}: revision ${revision} of ${stream} (${type}, id ${eventId}).`;
}
