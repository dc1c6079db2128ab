import type { OperationProgress } from '@tallystick/contracts/ledger';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './session';
import { INTERRUPTED, no, Stop } from './stop';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** Polls until the operation is done. Ctrl-C stops polling, not the operation. */
export async function finished<Report extends OperationProgress>(
  session: Session,
  look: () => Promise<Report>,
): Promise<Report> {
  const progress = session.progress('events', 0);
  try {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      const report = await look();
      progress.to(counted(report.position), counted(report.head));
      if (report.state === 'done') return report;
      if (report.state === 'failed')
        throw no(`The operation failed: ${report.detail ?? 'the server gave no reason'}`, report);
      await sleep(pause, undefined, { signal: session.host.interrupted }).catch(() => undefined);
      if (session.host.interrupted.aborted)
        throw new Stop(INTERRUPTED, 'Stopped waiting; the server continues the operation.');
    }
  } finally {
    progress.stop();
  }
}

/** Number of events up to a position. Positions start at 0, and the start of the log is -1. */
const counted = (position: number): number => Math.max(0, position + 1);

/** Starts an operation and waits for its report. */
export async function carryOut<Report extends OperationProgress>(
  session: Session,
  path: string,
  body: object,
): Promise<Report> {
  const { client } = session;
  const started = await client.request<{ id: string }>({ path, body, as: 'operator' });
  return finished(session, () => client.get<Report>(`${path}/${started.body.id}`, {}, 'operator'));
}
