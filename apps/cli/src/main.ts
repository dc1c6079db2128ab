import { once } from 'node:events';
import { connect } from './client/connect';
import { tally } from './program';
import { INTERRUPTED } from './command-exit';

const interrupt = new AbortController();
process.on('SIGINT', () => {
  // A second Ctrl-C exits immediately. The progress bar has hidden the cursor.
  if (interrupt.signal.aborted) {
    if (process.stderr.isTTY) process.stderr.write('\u001b[?25h');
    process.exit(INTERRUPTED);
  }
  interrupt.abort();
});
// `tally events | head` closes the pipe early, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

tally(process.argv.slice(2), {
  environment: process.env,
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(`${text}\n`),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
  err: (text) => void process.stderr.write(`${text}\n`),
  terminal: process.stderr.isTTY ? process.stderr : undefined,
  interrupted: interrupt.signal,
  connect: (target) => connect(target, process.env, process.cwd()),
}).then(
  (exitCode) => (process.exitCode = exitCode),
  (error: Error) => {
    process.stderr.write(`Internal error of tally: ${error.message}. Please report it.\n`);
    if (process.env.TALLY_LOG_LEVEL === 'debug') process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
