import type { BillingVerificationResponse } from '@tallystick/contracts/billing';
import type { ForeignRecordReport, OperationProgress, VerificationResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { runOperation, waitUntilDone } from '../operations';
import { plural } from '../output/table';
import type { CommandSession, RunCommand } from '../session';
import { FAILURE } from '../command-exit';

export const verify = (program: Command, run: RunCommand): Command =>
  program
    .command('verify')
    .description('check all invariants of the whole log')
    .action(
      run(async (session) => {
        const credits = await runOperation<VerificationResponse>(session, '/v1/ops/verify', {});
        const billing = await billingReport(session);
        const breaches = [...credits.breaches, ...(billing?.breaches ?? [])];
        const report = { ...credits, breaches, ...(billing && { billing }) };
        session.printResult(report, () =>
          [describe(credits), ...(billing ? [describeBilling(billing)] : [])].join('\n'),
        );
        return breaches.length === 0 ? 0 : FAILURE;
      }),
    );

/** Undefined for an installation without billing. */
async function billingReport(session: CommandSession): Promise<BillingVerificationResponse | undefined> {
  const path = '/v1/ops/billing/verify';
  const { status, body } = await session.client.request<OperationProgress>({ path, body: {}, as: 'operator' }, [404]);
  if (status === 404) return undefined;
  return waitUntilDone(session, () => session.client.get(`${path}/${body.id}`, {}, 'operator'));
}

function describeBilling({ organizations, invoices, breaches, foreign }: BillingVerificationResponse): string {
  const looked = `${plural(organizations, 'subscription stream')} and ${plural(invoices, 'invoice')}`;
  const notes = foreign.map(noteOf);
  const [first] = breaches;
  if (first === undefined) return [`${looked}: every paid line is granted once.`, ...notes].join('\n');
  const { organizationId, invoiceId, revision, what } = first;
  const where = [
    `organization ${organizationId}`,
    ...(invoiceId === undefined ? [] : [`invoice ${invoiceId}`]),
    ...(revision === undefined ? [] : [`revision ${revision}`]),
  ];
  return [
    `${looked}: ${plural(breaches.length, 'breach', 'breaches')}.`,
    `The first is in ${where.join(', ')}: ${what}`,
    ...notes,
  ].join('\n');
}

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
