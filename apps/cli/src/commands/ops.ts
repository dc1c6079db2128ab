import type { AcceptedForeignResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { whole } from '../options';
import type { RunCommand } from '../session';
import { FAILURE } from '../command-exit';

export const ops = (program: Command, run: RunCommand): Command => {
  const command = program.command('ops').description('decisions of an operator');
  command
    .command('accept-foreign')
    .description('accept and skip a record that another program wrote to an organization’s stream')
    .argument('<stream>', 'such as credits-acme')
    .argument('<revision>', 'revision of the record', whole(0))
    .requiredOption('--reason <text>', 'reason for skipping the record, which is stored in the stream')
    .action(
      run<{ reason: string }, [string, number]>(async (session, { reason }, stream, revision) => {
        const path = `/v1/ops/streams/${encodeURIComponent(stream)}/accept-foreign`;
        const { body } = await session.client.request<AcceptedForeignResponse>({
          path,
          body: { revision, reason },
          as: 'operator',
        });
        session.printResult(body, () => describe(body));
        return body.state === 'running' ? 0 : FAILURE;
      }),
    );
  return command;
};

function describe({ stream, organizationId, accepted, acceptedAt, state, stopped }: AcceptedForeignResponse): string {
  const done = `Accepted revision ${accepted.revision} of ${stream} as foreign, at revision ${acceptedAt}: ${accepted.reason}`;
  if (state === 'running') return `${done}\n${organizationId} is running.`;
  const where = stopped?.revision === undefined ? '' : ` at revision ${stopped.revision}`;
  return `${done}\n${organizationId} is still stopped${where}: ${stopped?.reason ?? 'see tally parked'}`;
}
