import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands';
import { MappingError } from './import/mapping/mapping-checks';
import type { CliHost } from './host';
import { runner } from './session';
import { CommandExit, USAGE_ERROR } from './command-exit';

const EXAMPLES = `
Examples:
  tally balance                       balance of the demo organization
  tally balance acme --at 2026-11-01  balance of acme at that time
  tally history acme --kind consume --from 2026-11-01
  tally grant acme 500 --kind top-up --reason "Goodwill"
  tally import jobs.csv --format csv --map mapping.yaml --retime
  tally export acme --out acme.ndjson all data of acme, one JSON object per line
  tally explain insufficient_credits  meaning of a refusal; with a job id, why that job was refused
  tally replay && tally verify        check the views and the log
  tally parked                        list organizations that a fault has stopped

Without --url and a key (TALLY_KEY, --key-file) it calls the local server of npm start, with its demo keys.
Exit codes: 0 success, 1 an error or a difference, 2 a usage error.`;

/** Runs a command line (without node and script) and returns the exit code. Throws only unexpected errors. */
export async function tally(args: readonly string[], host: CliHost): Promise<number> {
  let exitCode = 0;
  const program = build(host, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    const stop = error instanceof MappingError ? new CommandExit(USAGE_ERROR, error.message) : error;
    if (!(stop instanceof CommandExit)) throw error;
    if (program.opts().json) host.out(JSON.stringify({ problem: stop.problem ?? { detail: stop.message } }, null, 2));
    host.err(stop.message);
    return stop.exitCode;
  }
}

function build(host: CliHost, finish: (exitCode: number) => void): Command {
  const program = new Command('tally')
    .description('Credits, their history, and checks of the log.')
    .option('--url <url>', 'server to call (TALLY_URL)')
    .option('--key-file <file>', 'file with the API key (TALLY_KEY_FILE)')
    .option(
      '--key <key>',
      'the API key; other users can see it in the list of processes, so prefer TALLY_KEY or --key-file',
    )
    .option('--data <dir>', 'open a data directory that no server uses')
    .option('--json', 'print JSON instead of tables')
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
