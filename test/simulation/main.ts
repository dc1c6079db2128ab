import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { simulate, type SimulationRun } from './simulate';

const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
};

interface SimulationOptions {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
}

/** Runs one seed and prints each step. */
async function replay(seed: number): Promise<boolean> {
  const run = await simulate(seed, undefined, (line) => console.log(line()));
  console.log(`\nseed ${seed}: ${run.events} events, ${run.answers} answers`);
  for (const breach of run.breaches) console.log(`  ${breach}`);
  if (run.breaches.length === 0) console.log('  no violation');
  return run.breaches.length === 0;
}

/** Runs many seeds and prints the failing ones. */
async function many({ seeds, from }: SimulationOptions): Promise<boolean> {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} seeds, {failed} failed, {eta} s left',
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
  });
  const failed: SimulationRun[] = [];
  const totals = { events: 0, answers: 0 };
  const started = performance.now();
  bar.start(seeds, 0, { failed: 0 });
  for (let seed = from; seed < from + seeds; seed++) {
    const run = await simulate(seed);
    totals.events += run.events;
    totals.answers += run.answers;
    if (run.breaches.length > 0) failed.push(run);
    bar.increment({ failed: failed.length });
    if (seed % 20 === 0) await new Promise(setImmediate); // Lets the progress bar be drawn.
  }
  bar.stop();
  const seconds = (performance.now() - started) / 1_000;
  const rows = {
    seeds,
    failed: failed.length,
    ...totals,
    seconds: Math.round(seconds),
    'seeds a second': Math.round(seeds / seconds),
  };
  for (const [name, value] of Object.entries(rows))
    console.log(`${name.padEnd(16)}${value.toLocaleString('en').padStart(12)}`);
  for (const { seed, breaches } of failed.slice(0, 20))
    console.log(`\nseed ${seed}: ${breaches[0]}\n  npm run simulate -- --seed ${seed}`);
  return failed.length === 0;
}

new Command('simulate')
  .description('Simulates the ledger with lost, repeated and late messages and appends, crashes and clock jumps')
  .option('--seeds <count>', 'number of seeds', whole, 2_000)
  .option('--from <seed>', 'the first seed', whole, 1)
  .option('--seed <seed>', 'run only this seed and print each step', whole)
  .action(async (options: SimulationOptions) => {
    const isSound = options.seed === undefined ? await many(options) : await replay(options.seed);
    process.exitCode = isSound ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
