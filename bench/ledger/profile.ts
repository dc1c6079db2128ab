import { writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryDirectory } from '../harness/cleanup';
import { leapocrPolicy } from '../support/leapocr';
import { drive, type JobLoad } from '../support/drive';
import { openTallystick } from './tallystick';

/** Categories of functions by name and file. The first match counts. Built-ins count for their callers. */
const GROUPS: readonly (readonly [string, RegExp])[] = [
  ['waiting for the disk', /^\(idle\) /],
  ['GC', /^\(garbage collector\) /],
  ['JSON of events', /events\/group\.js/],
  ['JSON and hash of snapshots', /snapshot\.js|^hashOf /],
  ['the hash chain', /eventing\/src\/chain|^hash /],
  ['evolve', /ledger\/src\/(evolve|balance|burn-down|state)\.js/],
  ['decide: rating', /domain\/catalog/],
  ['decide: instants', /domain\/kernel|temporal/],
  ['decide', /domain\/ledger/],
  ['transact', /eventing\/src/],
  ['store', /adapters\/embedded/],
  ['promises, timers, messages', / node:|^(runMicrotasks|postMessage|\(program\)) $/],
  ['the profiler itself', /^dispatch $/],
  ['the benchmark itself', /test\/bench/],
];

/** Profiles the main thread of the ledger: a file for the developer tools of a browser, and a summary. */
export async function profile(isQuick: boolean): Promise<void> {
  for (const organizations of [1_000, 1]) {
    const load = {
      organizations,
      underWay: 1_024,
      warmUpMilliseconds: 2_000,
      milliseconds: isQuick ? 2_000 : 5_000,
    };
    const { profile: taken, rate, jobs } = await record(load);
    const file = join(tmpdir(), `ledger-${organizations}.cpuprofile`);
    writeFileSync(file, JSON.stringify(taken));
    const times = selfTimes(taken);
    const total = sum(times.values());
    console.log(
      `\n${organizations} organizations, ${load.underWay} jobs under way: ${Math.round(rate)} jobs/s while profiled; ${file}`,
    );
    const busiest = (entries: Iterable<[string, number]>, count: number) =>
      [...entries].sort(([, a], [, b]) => b - a).slice(0, count);
    const line = ([name, microseconds]: [string, number]) =>
      `${((100 * microseconds) / total).toFixed(1).padStart(6)} %  ${(microseconds / jobs).toFixed(2).padStart(6)} µs a job  ${name}`;
    console.log(busiest(grouped(times), 20).map(line).join('\n'));
    console.log(`\n  of which\n${busiest(times, 25).map(line).join('\n')}`);
  }
}

async function record(load: JobLoad) {
  const directory = temporaryDirectory();
  const system = await openTallystick(directory.path, leapocrPolicy(), load.organizations);
  const session = new Session();
  session.connect();
  try {
    await drive(system, { ...load, warmUpMilliseconds: 0, milliseconds: load.warmUpMilliseconds });
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    const again = { ...system, reserve: renamed(system.reserve), settle: renamed(system.settle) };
    const { jobsPerSecond, jobs } = await drive(again, { ...load, warmUpMilliseconds: 0 });
    const { profile: taken } = await session.post('Profiler.stop');
    return { profile: taken, rate: jobsPerSecond, jobs };
  } finally {
    session.disconnect();
    await system.close();
    directory.remove();
  }
}

/** A second run on the same system needs other job ids. */
const renamed =
  (call: (organization: number, jobId: string) => Promise<void>) => (organization: number, jobId: string) =>
    call(organization, `again-${jobId}`);

/** Microseconds by `function file`. */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
  const names = new Map(
    nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName || '(anonymous)'} ${shortened(callFrame)}`]),
  );
  const times = new Map<string, number>();
  samples.forEach((id, i) =>
    times.set(names.get(id)!, (times.get(names.get(id)!) ?? 0) + Math.max(0, timeDeltas[i] ?? 0)),
  );
  return times;
}

const shortened = ({ url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string =>
  url === '' ? '' : `${url.replace(/^.*\/(?=(libs|test|apps|node_modules)\/)/, '')}:${lineNumber + 1}`;

function grouped(times: ReadonlyMap<string, number>): Map<string, number> {
  const groups = new Map<string, number>();
  for (const [name, microseconds] of times) {
    const group = GROUPS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
    groups.set(group, (groups.get(group) ?? 0) + microseconds);
  }
  return groups;
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
