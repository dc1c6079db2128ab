import type { Command } from 'commander';
import { classOption, listLetters, PATH } from '../dead-letters';
import { plural } from '../output/table';
import type { RunCommand, CommandSession } from '../session';
import { INTERRUPTED, FAILURE, usageError } from '../command-exit';

interface RedriveOptions {
  readonly all?: boolean;
  readonly class?: string;
}

type LetterHandling = 'redriven' | 'discarded';

/** Results for the given dead letters. */
interface HandlingReport {
  readonly handling: LetterHandling;
  readonly done: readonly string[];
  readonly missing: readonly string[];
  /** Parked messages that were skipped: a release keeps their order. */
  readonly parked: number;
}

/** Adds the commands that redrive or discard dead letters. Repeating them is safe: each phase of a job counts once. */
export function addHandlingCommands(command: Command, run: RunCommand): void {
  command
    .command('redrive')
    .description('send dead letters to their topic again after the cause is fixed; repeating it is safe')
    .argument('[id...]', 'ids from the list')
    .option('--all', 'all except parked ones, whose order tally parked release keeps')
    .addOption(classOption())
    .action(
      run<RedriveOptions, [string[]]>(async (session, options, ids) => {
        if (options.all ? ids.length > 0 : ids.length === 0 || options.class !== undefined)
          throw usageError('Give the ids of dead letters, or --all, optionally with --class.');
        const chosen = options.all ? await all(session, options.class) : { ids, parked: 0 };
        return handle(session, 'redriven', chosen.ids, chosen.parked);
      }),
    );
  command
    .command('discard')
    .description('discard dead letters permanently')
    .argument('<id...>', 'ids from the list')
    .action(run<object, [string[]]>((session, _options, ids) => handle(session, 'discarded', ids)));
}

/** Lists all before the first is sent, because a message that is refused again becomes a new dead letter. */
async function all(
  session: CommandSession,
  only: string | undefined,
): Promise<{ readonly ids: string[]; readonly parked: number }> {
  const letters = await listLetters(session, only, Infinity);
  const wanted = only === undefined ? letters.filter((letter) => letter.class !== 'parked') : letters;
  return { ids: wanted.map(({ id }) => id), parked: letters.length - wanted.length };
}

async function handle(
  session: CommandSession,
  handling: LetterHandling,
  ids: readonly string[],
  parked = 0,
): Promise<number> {
  const { client, host } = session;
  const verb = handling === 'redriven' ? 'redrive' : 'discard';
  const [done, missing]: [string[], string[]] = [[], []];
  const bar = session.progress('dead letters', ids.length);
  try {
    for (const id of ids) {
      if (host.interrupted.aborted) break;
      const path = `${PATH}/${encodeURIComponent(id)}/${verb}`;
      const { status } = await client.request({ path, body: {}, as: 'operator' }, [404]);
      (status === 404 ? missing : done).push(id);
      bar.to(done.length + missing.length);
    }
  } finally {
    bar.stop();
  }
  const report: HandlingReport = { handling, done, missing, parked };
  session.printResult(report, () => describe(report));
  if (done.length + missing.length < ids.length) return INTERRUPTED;
  return missing.length > 0 ? FAILURE : 0;
}

function describe({ handling, done, missing, parked }: HandlingReport): string {
  const count = plural(done.length, 'dead letter');
  const sentences = [handling === 'redriven' ? `Sent ${count} again.` : `Discarded ${count}.`];
  if (missing.length > 0) sentences.push(`Not found: ${missing.join(', ')}. See tally dead-letters list for the ids.`);
  if (parked > 0) {
    const stay = parked === 1 ? '1 parked message stays' : `${plural(parked, 'parked message')} stay`;
    sentences.push(`${stay}: release their organizations with tally parked release.`);
  }
  return sentences.join('\n');
}
