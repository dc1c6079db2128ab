import type { OperationProgress } from '@tallystick/contracts/ledger';
import { pause } from '@tallystick/runtime';
import type { CommandSession } from './session';
import { INTERRUPTED, commandError, CommandExit } from './command-exit';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** Polls until the operation is done. Ctrl-C stops polling, not the operation. */
export async function waitUntilDone<Report extends OperationProgress>(
  session: CommandSession,
  look: () => Promise<Report>,
): Promise<Report> {
  const progress = session.progress('events', 0);
  try {
    for (let delay = FIRST_PAUSE; ; delay = Math.min(delay * 1.5, LONGEST_PAUSE)) {
      const report = await look();
      progress.to(counted(report.position), counted(report.head));
      if (report.state === 'done') return report;
      if (report.state === 'failed')
        throw commandError(`The operation failed: ${report.detail ?? 'the server gave no reason'}`, report);
      await pause(delay, session.host.interrupted);
      if (session.host.interrupted.aborted)
        throw new CommandExit(INTERRUPTED, 'Stopped waiting; the server continues the operation.');
    }
  } finally {
    progress.stop();
  }
}

/** Number of events up to a position. Positions start at 0, and the start of the log is -1. */
const counted = (position: number): number => Math.max(0, position + 1);

/** Starts an operation and waits for its report. */
export async function runOperation<Report extends OperationProgress>(
  session: CommandSession,
  path: string,
  body: object,
): Promise<Report> {
  const { client } = session;
  const started = await client.request<{ id: string }>({ path, body, as: 'operator' });
  return waitUntilDone(session, () => client.get<Report>(`${path}/${started.body.id}`, {}, 'operator'));
}
