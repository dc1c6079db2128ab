import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands';
import { MappingError } from './import/mapping-checks';
import type { Host } from './host';
import { runner } from './session';
import { Stop, WRONG_USE } from './stop';

const EXAMPLES = `
Examples:
  tally balance                       what the demo organization has
  tally balance acme --at 2026-11-01  what acme had then
  tally history acme --kind consume --from 2026-11-01
  tally grant acme 500 --kind top-up --reason "Goodwill"
  tally import jobs.csv --format csv --map mapping.yaml --retime
  tally export acme --out acme.ndjson everything of acme, one JSON object a line
  tally explain insufficient_credits  what a refusal means; with a job's id, why that one was refused
  tally replay && tally verify        does the log still add up?
  tally parked                        which organizations has a fault stopped?

Without --url and a key (TALLY_KEY, --key-file) it calls the server that npm start runs here, with the keys of its demo.
Exit codes: 0 done, 1 a "no" or a difference found, 2 wrong use.`;

/** Runs one command line (without node and script) and answers the exit code; nothing is thrown but bugs. */
export async function tally(args: readonly string[], host: Host): Promise<number> {
  let exitCode = 0;
  const program = build(host, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    const stop = error instanceof MappingError ? new Stop(WRONG_USE, error.message) : error;
    if (!(stop instanceof Stop)) throw error;
    if (program.opts().json) host.out(JSON.stringify({ problem: stop.problem ?? { detail: stop.message } }, null, 2));
    host.err(stop.message);
    return stop.exitCode;
  }
}

function build(host: Host, finish: (exitCode: number) => void): Command {
  const program = new Command('tally')
    .description('Credits, their history, and whether they add up.')
    .option('--url <url>', 'server to call (TALLY_URL)')
    .option('--key-file <file>', 'file with the key to call with (TALLY_KEY_FILE)')
    .option(
      '--key <key>',
      'the key itself: others on this machine can see it in the list of processes, so set TALLY_KEY or give --key-file instead',
    )
    .option('--data <dir>', 'open a data directory that no server holds')
    .option('--json', 'JSON for programs instead of tables')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.out(text.replace(/\n$/, '')),
      writeErr: (text) =>
        host.err(text.replace(/^error: (.)/, (_, first: string) => first.toUpperCase()).replace(/\n$/, '')),
    })
    .showHelpAfterError('Try tally --help.')
    .addHelpText('after', EXAMPLES);
  const run = runner(host, finish);
  for (const add of COMMANDS) add(program, run);
  return program;
}
