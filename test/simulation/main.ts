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

/** One seed, told step by step. */
async function replay(seed: number): Promise<boolean> {
  const run = await simulate(seed, undefined, (line) => console.log(line()));
  console.log(`\nseed ${seed}: ${run.events} events, ${run.answers} answers`);
  for (const breach of run.breaches) console.log(`  ${breach}`);
  if (run.breaches.length === 0) console.log('  nothing was lost, nothing happened twice');
  return run.breaches.length === 0;
}

/** Many seeds; a seed says nothing unless it fails. */
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
    if (seed % 20 === 0) await new Promise(setImmediate); // lets the bar be drawn
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
  .description('The ledger under lost, repeated and late messages and appends, dying processes and leaping time')
  .option('--seeds <count>', 'how many seeds', whole, 2_000)
  .option('--from <seed>', 'the first of them', whole, 1)
  .option('--seed <seed>', 'only this one, told step by step', whole)
  .action(async (options: SimulationOptions) => {
    const isSound = options.seed === undefined ? await many(options) : await replay(options.seed);
    process.exitCode = isSound ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
