import { ratio, type Benchmark, type BenchmarkContext, type BenchmarkResult } from '../harness/benchmark';
import { inChild } from '../harness/child';
import { temporaryDirectory } from '../harness/cleanup';
import { readable } from '../harness/statistics';
import type { Loaded } from './load';
import type { Lived } from './live';

const MEBIBYTE = 2 ** 20;
const OPEN_JOBS = 5;

/** Costs of an organization with a long history, and of ten thousand live organizations. */
export const growth: Benchmark = {
  name: 'growth',
  about: 'organizations with a growing history; the ratio is this ÷ the shortest history',
  run: async (context) => [...(await oneOrganization(context)), ...(await manyOrganizations(context))],
};

async function oneOrganization({ runs, quick, say }: BenchmarkContext): Promise<BenchmarkResult[]> {
  const ages = quick ? [1_000, 10_000, 50_000] : [10_000, 100_000, 1_000_000];
  const loads: Loaded[][] = [];
  const lives: Lived[] = [];
  for (const age of ages) {
    const directory = temporaryDirectory();
    try {
      say(`one organization, ${age.toLocaleString('en-US')} settled jobs are made`);
      lives.push(await inChild('growth/live', [directory.path, '1', String(age), '0']));
      const some: Loaded[] = [];
      for (let run = 1; run <= runs; run++) some.push(await inChild('growth/load', [directory.path, '1']));
      loads.push(some);
    } finally {
      directory.remove();
    }
  }
  const youngest = (of: (loaded: Loaded) => number) => loads[0]!.map(of);
  const loadOf = (age: number, what: string, unit: string, of: (loaded: Loaded) => number) => {
    const values = loads[age]!.map(of);
    return { case: nameOf(ages[age]!), what, unit, values, ratios: ratio(values, youngest(of)), aim: 'flat' };
  };
  return ages.flatMap((age, i) => [
    loadOf(i, 'cold load, a new process', 'ms', ({ firstMilliseconds }) => firstMilliseconds),
    loadOf(i, 'cold load, cache forgotten', 'ms', ({ againMilliseconds }) => againMilliseconds),
    loadOf(i, 'snapshot', 'KiB', ({ snapshotBytes }) => snapshotBytes / 1_024),
    {
      case: nameOf(age),
      what: 'events behind the snapshot',
      unit: 'events',
      values: loads[i]!.map(({ tail }) => tail),
    },
    loadOf(i, 'heap of a process that has loaded it', 'MiB', ({ heapBytes }) => heapBytes / MEBIBYTE),
    { ...lived(nameOf(age), lives[i]!), ratios: [lives[i]!.heapBytes / lives[0]!.heapBytes], aim: 'flat' },
  ]);
}

/** One value, because recording the history takes longer than the measurement. */
const lived = (name: string, { heapBytes }: Lived) => ({
  case: name,
  what: 'heap of the process that recorded it',
  unit: 'MiB',
  values: [heapBytes / MEBIBYTE],
});

async function manyOrganizations({ runs, quick, say }: BenchmarkContext): Promise<BenchmarkResult[]> {
  const organizations = quick ? 1_000 : 10_000;
  const name = `${readable(organizations)} live organizations with ${OPEN_JOBS} open jobs each`;
  const directory = temporaryDirectory();
  try {
    say(name);
    const live = await inChild<Lived>('growth/live', [directory.path, String(organizations), '0', String(OPEN_JOBS)]);
    const loads: Loaded[] = [];
    for (let run = 1; run <= runs; run++)
      loads.push(await inChild('growth/load', [directory.path, String(organizations)]));
    const perOrganization = loads.map(
      ({ heapBytes, emptyHeapBytes }) => (heapBytes - emptyHeapBytes) / organizations / 1_024,
    );
    return [
      {
        case: name,
        what: 'heap of a process that has loaded all of them',
        unit: 'MiB',
        values: loads.map(({ heapBytes }) => heapBytes / MEBIBYTE),
      },
      { case: name, what: 'heap, an organization', unit: 'KiB', values: perOrganization },
      {
        case: name,
        what: 'cold load, an organization',
        unit: 'ms',
        values: loads.map(({ allMilliseconds }) => allMilliseconds / organizations),
      },
      lived(name, live),
    ];
  } finally {
    directory.remove();
  }
}

const nameOf = (settledJobs: number) => `one organization, ${settledJobs.toLocaleString('en-US')} settled jobs`;
