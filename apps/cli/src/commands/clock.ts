import { DAY, type ClockAdvanceResponse, type SandboxClockResponse } from '@tallystick/contracts/http';
import { instantOf, millisecondsOf, plusDuration } from '@tallystick/domain/kernel';
import { pause } from '@tallystick/runtime';
import type { Command } from 'commander';
import { CommandExit, INTERRUPTED, usageError } from '../command-exit';
import { time } from '../options';
import { plural } from '../output/table';
import type { CommandSession, RunCommand } from '../session';

const CLOCK = '/v1/sandbox/clock';
/** An advance is sent in steps, which have the same effects, so that each answer comes soon. */
const STEP_MILLISECONDS = 7 * DAY;
const AGAIN_MILLISECONDS = 500;
const BUSY = 409;

export const clock = (program: Command, run: RunCommand): Command => {
  const command = program
    .command('clock')
    .description('show, set or advance the sandbox clock')
    .action(
      run(async (session) => {
        show(session, await read(session));
      }),
    );
  command
    .command('set')
    .description('set the clock: forward, or to any time before an organization is opened')
    .argument('<time>', 'such as 2026-11-21 or 2026-11-21T09:30:00Z', time)
    .action(
      run<object, [string]>(async (session, _options, now) => {
        const request = { method: 'PUT', path: CLOCK, body: { now }, as: 'operator' } as const;
        show(session, (await session.client.request<ClockAdvanceResponse>(request)).body);
      }),
    );
  command
    .command('advance')
    .description('advance the clock, and do all that falls due on the way')
    .argument('<duration>', 'such as 90s, 12h, 35d or P1M')
    .action(
      run<object, [string]>(async (session, _options, duration) => {
        const { now } = await read(session);
        const target = plusDuration(now, duration);
        if (target === undefined) throw usageError('Give a duration such as 90s, 12h, 35d or P1M.');
        show(session, await advance(session, millisecondsOf(now), millisecondsOf(target)));
      }),
    );
  return command;
};

const read = ({ client }: CommandSession): Promise<SandboxClockResponse> => client.get(CLOCK, {}, 'operator');

async function advance(session: CommandSession, start: number, target: number): Promise<ClockAdvanceResponse> {
  const progress = session.progress('days', Math.ceil((target - start) / DAY));
  try {
    for (let stops = 0, at = start; ;) {
      at = Math.min(at + STEP_MILLISECONDS, target);
      const step = await advanceTo(session, instantOf(at));
      stops += step.stops;
      progress.to(Math.round((at - start) / DAY));
      if (at === target) return { ...step, stops };
    }
  } finally {
    progress.stop();
  }
}

/** Waits while another advance is under way, which may be an earlier attempt of this one. */
async function advanceTo(session: CommandSession, to: string): Promise<ClockAdvanceResponse> {
  const { client, host } = session;
  for (;;) {
    if (host.interrupted.aborted) throw new CommandExit(INTERRUPTED, `Stopped before ${to}.`);
    const request = { path: `${CLOCK}/advance`, body: { to }, as: 'operator' } as const;
    const { status, body } = await client.request<ClockAdvanceResponse>(request, [BUSY]);
    if (status !== BUSY) return body;
    await pause(AGAIN_MILLISECONDS, host.interrupted);
  }
}

const show = (session: CommandSession, result: SandboxClockResponse & { readonly stops?: number }): void =>
  session.printResult(result, () => {
    const { now, stops } = result;
    return `The clock is at ${now}.${stops === undefined ? '' : ` It stopped at ${plural(stops, 'due instant')}.`}`;
  });
