import { answer, heapAfterCollection } from '../harness/child';
import { makePast } from '../support/recorded-log';

/** The process that has recorded the whole history. */
export interface Lived {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

const [, , directory, organizations, settledJobs, openJobs] = process.argv;

answer(async (): Promise<Lived> => {
  const past = await makePast(directory!, {
    organizations: Number(organizations),
    settledJobs: Number(settledJobs),
    openJobs: Number(openJobs),
    underWay: 1_000,
  });
  const lived = { heapBytes: await heapAfterCollection(), rssBytes: process.memoryUsage.rss() };
  await past.close();
  return lived;
});
