import { setTimeout as pause } from 'node:timers/promises';
import { call } from '../support/server';
import { eventually } from '../support/callers';
import { CreditsReader } from './support/credits-reader';
import { repeatedIn, revisionsIn } from './support/ledger-log';
import { LEDGERS } from './support/faults';
import { balancesOf, openOrganizations } from './support/organizations';
import { startLoad, type TimedResponse, type SteadyLoad } from './support/steady-load';
import { describeOnCluster, faultTest, tally, type FaultCluster } from './support/fault-cluster';

/** Duration of an outage. Set a longer one for manual runs. */
const OUTAGE_SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 8);
const CAUGHT_UP_MILLISECONDS = 30_000;
const NOTICED_MILLISECONDS = 15_000;
/** Messages of a topic that grows all the time. */
const FEW = 50;
const TEST_MILLISECONDS = 120_000 + 3 * OUTAGE_SECONDS * 1_000;

const ids = Array.from({ length: 40 }, (_, at) => `outage-${at + 1}`);
let load: SteadyLoad;
let reader: CreditsReader;

interface OutageCase {
  readonly what: string;
  readonly begin: (cluster: FaultCluster) => Promise<unknown> | void;
  readonly end: (cluster: FaultCluster) => Promise<unknown> | void;
  /** The name in /health/ready of the server that is unavailable. */
  readonly checks: { readonly ledger: readonly string[]; readonly intake: readonly string[] };
  /** The expected statuses of jobs during the outage. */
  readonly answers: readonly number[];
}

const brokers = ({ servers }: FaultCluster) => servers.kafka.brokers;
const OUTAGES: readonly OutageCase[] = [
  {
    what: 'Kafka killed',
    begin: (cluster) => Promise.all(brokers(cluster).map((broker) => broker.kill())),
    end: (cluster) => Promise.all(brokers(cluster).map((broker) => broker.start())),
    checks: { ledger: ['bus'], intake: ['bus', 'ledger'] },
    answers: [202],
  },
  {
    what: 'Kafka frozen',
    begin: (cluster) => brokers(cluster).forEach((broker) => broker.freeze()),
    end: (cluster) => brokers(cluster).forEach((broker) => broker.thaw()),
    checks: { ledger: ['bus'], intake: ['bus', 'ledger'] },
    answers: [202],
  },
  {
    what: 'The event store down',
    begin: ({ share }) => share.eventStore.down(),
    end: ({ share }) => share.eventStore.up(),
    checks: { ledger: ['event store'], intake: ['ledger'] },
    answers: [503],
  },
  {
    what: 'Both down',
    begin: (cluster) => Promise.all([OUTAGES[0]!.begin(cluster), OUTAGES[2]!.begin(cluster)]),
    end: (cluster) => Promise.all([OUTAGES[0]!.end(cluster), OUTAGES[2]!.end(cluster)]),
    checks: { ledger: ['bus', 'event store'], intake: ['bus', 'ledger'] },
    answers: [503],
  },
  {
    what: 'PostgreSQL down',
    begin: ({ servers }) => servers.postgres.stop(),
    end: ({ servers }) => servers.postgres.start(),
    checks: { ledger: ['record store'], intake: ['record store', 'ledger'] },
    // As long as no record is read.
    answers: [202, 503],
  },
];

interface ReadyBody {
  readonly status: number;
  readonly body: { readonly checks: Readonly<Record<string, string>> };
}
const readyOf = (url: string): Promise<ReadyBody> => call(`${url}/health/ready`);
const everybody = ({ installation }: FaultCluster) => [installation.url, ...installation.ledgerUrls];

/** Each process responds with 503 and names the unavailable server. */
async function noticed(cluster: FaultCluster, { checks }: OutageCase): Promise<void> {
  const says = ({ status, body }: ReadyBody, names: readonly string[]) =>
    status === 503 && names.every((name) => body.checks[name] !== 'ok');
  await Promise.all(
    everybody(cluster).map((url, at) =>
      eventually(
        () => readyOf(url),
        (seen) => says(seen, at === 0 ? checks.intake : checks.ledger),
        NOTICED_MILLISECONDS,
      ),
    ),
  );
}

const allReady = (cluster: FaultCluster) =>
  Promise.all(
    everybody(cluster).map((url) =>
      eventually(
        () => readyOf(url),
        ({ status }) => status === 200,
        CAUGHT_UP_MILLISECONDS,
      ),
    ),
  );

const isEven = (seen: ReadonlyMap<string, number>, ends: ReadonlyMap<string, number>) =>
  [...ends].every(([id, revision]) => seen.get(id) === revision);

/** Waits for each stage of catching up and logs its duration. */
async function catchUp(cluster: FaultCluster): Promise<string> {
  const began = performance.now();
  const stages: readonly [string, () => Promise<unknown>][] = [
    ['all ready', () => allReady(cluster)],
    [
      'the topic taken',
      () =>
        eventually(
          () => cluster.thirdParty.lag(LEDGERS, 'jobs.lifecycle'),
          (lag) => lag < FEW,
          left(),
        ),
    ],
    ['the views even', () => eventually(() => shownBy(cluster).catch(() => new Map()), reached, left())],
    ['all published', () => eventually(async () => new Map(reader.last), reached, left())],
  ];
  const left = () => Math.max(1, CAUGHT_UP_MILLISECONDS - (performance.now() - began));
  // The end moves under load: every view must reach the position that is the end now.
  const ends = revisionsIn(cluster.share.eventStore);
  const reached = (seen: ReadonlyMap<string, number>) => [...ends].every(([id, end]) => (seen.get(id) ?? -1) >= end);
  const took: string[] = [];
  for (const [name, wait] of stages) {
    await wait();
    took.push(`${name} after ${Math.round(performance.now() - began)} ms`);
  }
  return took.join(', ');
}

async function shownBy(cluster: FaultCluster): Promise<ReadonlyMap<string, number>> {
  const balances = await balancesOf(cluster, ids);
  return new Map([...balances].map(([id, { revision }]) => [id, revision]));
}

/** Waits until the topic is consumed and the views and credits.events are up to date. */
async function allThrough(cluster: FaultCluster): Promise<void> {
  const wait = CAUGHT_UP_MILLISECONDS;
  await eventually(
    () => cluster.thirdParty.lag(LEDGERS, 'jobs.lifecycle'),
    (lag) => lag === 0,
    wait,
  );
  const ends = revisionsIn(cluster.share.eventStore);
  await eventually(
    () => shownBy(cluster),
    (seen) => isEven(seen, ends),
    wait,
  );
  await eventually(
    async () => new Map(reader.last),
    (seen) => isEven(seen, ends),
    wait,
  );
}

const statuses = (answers: readonly TimedResponse[]) => [...new Set(answers.map(({ status }) => status))].sort();

/** Every response during the outage is either a success or a 503 with Retry-After. */
function checkAnswers(outage: OutageCase, from: number, to: number): void {
  const reserves = load.during('reserve', from, to);
  expect(reserves.length).toBeGreaterThan(0);
  expect(outage.answers).toEqual(expect.arrayContaining(statuses(reserves)));
  for (const { status, retryAfter, body } of load.answers.filter(({ came }) => came >= from))
    if (![200, 202].includes(status))
      expect({ status, retryAfter, body }).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
}

describeOnCluster(
  'Servers that fail under load and recover',
  { environment: { TALLY_KAFKA_SESSION_MS: '6000' } },
  (cluster) => {
    beforeAll(async () => {
      await openOrganizations(cluster(), ids, 100_000);
      reader = await CreditsReader.start(cluster().thirdParty);
      load = await startLoad(cluster(), ids);
    }, 60_000);

    for (const outage of OUTAGES)
      faultTest(
        `${outage.what}: health reports it, every process survives, and the backlog is processed`,
        cluster,
        async (it) => {
          await outage.begin(it);
          const from = performance.now();
          await Promise.all([noticed(it, outage), pause(OUTAGE_SECONDS * 1_000)]);
          const to = performance.now();
          await outage.end(it);
          process.stderr.write(`${outage.what}: ${await catchUp(it)}\n`);
          checkAnswers(outage, from, to);
        },
        TEST_MILLISECONDS,
      );

    faultTest(
      'every acknowledged job is counted once and published in order',
      cluster,
      async (it) => {
        await load.stop();
        await allThrough(it);
        const balances = await balancesOf(it, ids);
        const totals = [...balances].map(([id, { consumed, reserved }]) => ({ id, consumed, reserved }));
        expect(totals).toEqual(ids.map((id) => ({ id, consumed: load.done.get(id), reserved: 0 })));
        expect(repeatedIn(it.share.eventStore)).toEqual([]);
        expect(reader.gaps).toEqual([]);
        expect(await tally(it, 'verify')).toMatchObject({ exitCode: 0, err: '' });
        expect(await tally(it, 'replay')).toMatchObject({ exitCode: 0, err: '' });
      },
      TEST_MILLISECONDS,
    );
  },
);
