import { fork } from 'node:child_process';
import { join } from 'node:path';
import { atEnd } from './cleanup';

/** Runs a module in its own process with `gc` enabled. Resolves with the message that it sends. */
export function inChild<Answer>(module: string, args: readonly string[]): Promise<Answer> {
  const child = fork(join(__dirname, '..', `${module}.js`), args, { execArgv: ['--expose-gc'] });
  const forget = atEnd(() => void child.kill());
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    child.once('message', (message) => (answer = message as Answer));
    child.once('error', reject);
    child.once('exit', (code) => {
      forget();
      if (code === 0 && answer !== undefined) resolve(answer);
      else reject(new Error(`${module} ended with ${code ?? 'a signal'} and ${answer ? 'an' : 'no'} answer.`));
    });
  });
}

/** The child side of `inChild`. Exits if the parent ends before the result. */
export function answer(work: () => Promise<unknown>): void {
  process.once('disconnect', () => process.exit(1));
  work().then(
    (result) => process.send!(result, () => process.exit(0)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

/** Used bytes after garbage collection. */
export async function heapAfterCollection(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await new Promise((resume) => setTimeout(resume, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
