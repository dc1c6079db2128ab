import type { AcceptedForeignResponse } from '@tallystick/contracts/ledger';
import type { Command } from 'commander';
import { whole } from '../options';
import type { RunCommand } from '../session';
import { FAILURE } from '../command-exit';

export const ops = (program: Command, run: RunCommand): Command => {
  const command = program.command('ops').description('what only an operator decides');
  command
    .command('accept-foreign')
    .description('accept that another program wrote a record of an organization’s stream: it is skipped')
    .argument('<stream>', 'such as credits-acme')
    .argument('<revision>', 'of the record', whole(0))
    .requiredOption('--reason <text>', 'why it may be skipped; it is kept in the stream')
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
  if (state === 'running') return `${done}\n${organizationId} goes on.`;
  const where = stopped?.revision === undefined ? '' : ` at revision ${stopped.revision}`;
  return `${done}\n${organizationId} is still stopped${where}: ${stopped?.reason ?? 'see tally parked'}`;
}
