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

/** What became of the letters that were named. */
interface HandlingReport {
  readonly handling: LetterHandling;
  readonly done: readonly string[];
  readonly missing: readonly string[];
  /** Left alone, as they are better released in their order. */
  readonly parked: number;
}

/** The commands that deal with letters. Doing it twice is safe: a job's phase counts once. */
export function addHandlingCommands(command: Command, run: RunCommand): void {
  command
    .command('redrive')
    .description('send them to their topic again, once the cause is mended; twice changes nothing')
    .argument('[id...]', 'as the list has them')
    .option('--all', 'all there are, but for the parked ones: tally parked release keeps their order')
    .addOption(classOption())
    .action(
      run<RedriveOptions, [string[]]>(async (session, options, ids) => {
        if (options.all ? ids.length > 0 : ids.length === 0 || options.class !== undefined)
          throw usageError('Name dead letters by their ids, or give --all, with --class for some of them.');
        const chosen = options.all ? await all(session, options.class) : { ids, parked: 0 };
        return handle(session, 'redriven', chosen.ids, chosen.parked);
      }),
    );
  command
    .command('discard')
    .description('leave them out for good')
    .argument('<id...>', 'as the list has them')
    .action(run<object, [string[]]>((session, _options, ids) => handle(session, 'discarded', ids)));
}

/** All are listed before the first is sent: what is refused again comes back as a new letter. */
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
  if (missing.length > 0)
    sentences.push(`There is no ${missing.join(', ')}: see tally dead-letters list for their ids.`);
  if (parked > 0) {
    const stay = parked === 1 ? '1 parked message stays' : `${plural(parked, 'parked message')} stay`;
    sentences.push(`${stay}: let their organizations go on with tally parked release.`);
  }
  return sentences.join('\n');
}
