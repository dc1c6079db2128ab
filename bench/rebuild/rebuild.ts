import { ratio, type Benchmark } from '../harness/benchmark';
import { inChild } from '../harness/child';
import { temporaryDirectory } from '../harness/cleanup';
import { EVENTS_PER_JOB } from '../support/leapocr';
import { makePast } from '../support/recorded-log';
import type { Folded } from './fold-log';

const ORGANIZATIONS = 1_000;

/** Rebuilds all balances from the log in its own process, compared with reading the log only. */
export const rebuild: Benchmark = {
  name: 'rebuild',
  about: 'all balances from the log; the ratio is the time for both ÷ the time for reading alone',
  run: async ({ runs, quick, say }) => {
    const events = quick ? 150_000 : 1_000_000;
    const directory = temporaryDirectory();
    try {
      say(`${events.toLocaleString('en-US')} events are made`);
      const settledJobs = Math.ceil((events - 2 * ORGANIZATIONS) / EVENTS_PER_JOB);
      const past = await makePast(directory.path, { organizations: ORGANIZATIONS, settledJobs });
      await past.close();
      const [folded, read, all]: Folded[][] = [[], [], []];
      for (let run = 1; run <= runs; run++) {
        say(`run ${run} of ${runs}`);
        read!.push(await inChild('rebuild/fold-log', [directory.path, 'nothing', String(events)]));
        folded!.push(await inChild('rebuild/fold-log', [directory.path, 'balances', String(events)]));
        all!.push(await inChild('rebuild/fold-log', [directory.path, 'all', String(events / 10)]));
      }
      return figures(
        `${events.toLocaleString('en-US')} events of ${ORGANIZATIONS.toLocaleString('en-US')} organizations`,
        folded!,
        read!,
        all!,
      );
    } finally {
      directory.remove();
    }
  },
};

function figures(name: string, folded: readonly Folded[], read: readonly Folded[], all: readonly Folded[]) {
  const rate = (runs: readonly Folded[]) => runs.map(({ events, milliseconds }) => (events / milliseconds) * 1_000);
  const memory = (what: string, of: (run: Folded) => number, aim?: string) => ({
    case: name,
    what,
    unit: 'MiB RSS',
    values: folded.map((run) => of(run) / 2 ** 20),
    aim,
  });
  const rates = (what: string, runs: readonly Folded[], aim?: string) => ({
    case: name,
    what,
    unit: 'events/s',
    values: rate(runs),
    ratios: ratio(rate(read), rate(runs)),
    aim,
  });
  return [
    rates('balances', folded, '≥ 300,000'),
    rates('all four views, its first tenth', all),
    { case: name, what: 'the log, read alone', unit: 'events/s', values: rate(read) },
    memory('before', ({ rssBefore }) => rssBefore),
    memory('peak', ({ rssPeak }) => rssPeak, 'flat'),
    memory('after', ({ rssAfter }) => rssAfter),
  ];
}
