import { writeFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { isSkipped, type Benchmark, type BenchmarkResult } from './harness/benchmark';
import { readOptions, USAGE } from './harness/options';
import { progress } from './harness/progress';
import { spreadOf } from './harness/statistics';
import { table } from './harness/table';
import { growth } from './growth/growth';
import { http } from './http/http';
import { kafka } from './kafka/kafka';
import { messages } from './kafka/messages';
import { ledger } from './ledger/ledger';
import { profile } from './ledger/profile';
import { rebuild } from './rebuild/rebuild';

const BENCHMARKS: readonly Benchmark[] = [ledger, http, kafka, messages, rebuild, growth];

async function main(): Promise<void> {
  // Messages between the lines of the progress.
  Logger.overrideLogger(['error', 'fatal']);
  const options = readOptions(process.argv.slice(2));
  if (options.profile) return profile(options.quick);
  const unknown = options.only.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}.`,
    );
  const wanted = BENCHMARKS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const all: Record<string, readonly BenchmarkResult[]> = {};
  const { say, end } = progress();
  for (const { name, run } of wanted) all[name] = await run({ ...options, say: (text) => say(`${name}: ${text}`) });
  end();
  console.log(`${machine()}, ${options.runs} run${options.runs === 1 ? '' : 's'}${options.quick ? ', quick' : ''}`);
  for (const { name, about } of wanted) console.log(`\n${name}: ${about}\n\n${table(all[name]!)}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report(all), null, 2)}\n`);
}

const machine = () =>
  `${availableParallelism()} × ${cpus()[0]?.model ?? process.arch}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;

const report = (all: Record<string, readonly BenchmarkResult[]>) => ({
  machine: machine(),
  at: new Date().toISOString(),
  results: Object.fromEntries(Object.entries(all).map(([name, results]) => [name, results.map(withSpread)])),
});

const withSpread = (result: BenchmarkResult) =>
  isSkipped(result)
    ? result
    : { ...result, ...spreadOf(result.values), ...(result.ratios && { ratio: spreadOf(result.ratios) }) };

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error, `\n${USAGE}`);
    process.exit(1);
  },
);
