import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from 'kafkajs';
import { eventually } from '../support/callers';
import { countOf, rowsOf, TRACE, traceText, type TraceRow } from '../support/trace';
import { CreditsReader } from './support/credits-reader';
import { repeatedIn, revisionsIn } from './support/ledger-log';
import { killLeader, killLedger, LEDGERS, injectFaults, stopLedger } from './support/faults';
import { balancesOf, openOrganizations, type BalanceBody } from './support/organizations';
import { messagesOf, organizationIds, organizationOf } from './support/trace-messages';
import { describeOnCluster, faultTest, tally, type FaultCluster } from './support/fault-cluster';

const SESSION_MILLISECONDS = 3_000;
/** Slower than ledgers decide, so that messages are in flight when a fault is injected. */
const MESSAGES_A_SECOND = Number(process.env['TRACE_MESSAGES_A_SECOND'] ?? 500);
const SLICE = 250;
const GRANTED = 100_000;
/** The value in catalogs/iteration-layer.yaml. */
const TRIAL = 500;
/** Time for a rebalance, the election of a partition leader and the change of the views’ leader. */
const CATCH_UP_MILLISECONDS = 60_000;

const rows = rowsOf(traceText());
const ids = organizationIds();
let reader: CreditsReader;
let balances: ReadonlyMap<string, BalanceBody>;

async function publish({ thirdParty }: FaultCluster, messages: readonly Message[]): Promise<void> {
  const began = performance.now();
  for (let at = 0; at < messages.length; at += SLICE) {
    await pause(began + (at / MESSAGES_A_SECOND) * 1_000 - performance.now());
    await thirdParty.send('jobs.lifecycle', messages.slice(at, at + SLICE));
  }
}

const allTaken = ({ thirdParty }: FaultCluster) =>
  eventually(
    () => thirdParty.lag(LEDGERS, 'jobs.lifecycle'),
    (lag) => lag === 0,
    CATCH_UP_MILLISECONDS,
  );

/** Waits until the views contain every event. */
async function allShown(cluster: FaultCluster): Promise<ReadonlyMap<string, BalanceBody>> {
  const ends = revisionsIn(cluster.share.eventStore);
  const isShown = (seen: ReadonlyMap<string, BalanceBody>) =>
    ids.every((id) => seen.get(id)!.revision >= ends.get(id)!);
  return eventually(() => balancesOf(cluster, ids), isShown, CATCH_UP_MILLISECONDS);
}

/** Expected totals, computed from the trace only. */
function expected(): Map<string, Partial<BalanceBody>> {
  const own = new Map<string, TraceRow[]>(ids.map((id) => [id, []]));
  for (const row of rows) own.get(organizationOf(row))!.push(row);
  // The first use of an operation starts a free trial.
  const balanceOf = (consumed: number) => ({
    granted: GRANTED + TRIAL,
    reserved: 0,
    consumed,
    available: GRANTED + TRIAL - consumed,
  });
  return new Map([...own].map(([id, some]) => [id, balanceOf(countOf(some).consumed)]));
}

const summaryOf = (seen: ReadonlyMap<string, BalanceBody>) =>
  new Map(
    [...seen].map(([id, { granted, reserved, consumed, available }]) => [
      id,
      { granted, reserved, consumed, available },
    ]),
  );

describeOnCluster(
  `${TRACE} over Kafka`,
  { kafka: { brokers: 3 }, environment: { TALLY_KAFKA_SESSION_MS: String(SESSION_MILLISECONDS) } },
  (cluster) => {
    faultTest(
      'ledgers that are killed, paused or without a partition leader count each job once',
      cluster,
      async (it) => {
        await openOrganizations(it, ids, GRANTED);
        reader = await CreditsReader.start(it.thirdParty);
        const publishing = publish(it, messagesOf(rows, Date.now()));
        const misfortunes = [
          killLedger(0),
          stopLedger(1),
          killLeader,
          killLedger(0),
          killLedger(1),
          stopLedger(0),
          killLedger(0),
        ];
        await Promise.all([publishing, injectFaults(it, misfortunes)]);
        await allTaken(it);
        balances = await allShown(it);
        expect(repeatedIn(it.share.eventStore)).toEqual([]);
        expect(summaryOf(balances)).toEqual(expected());
      },
    );

    faultTest('credits.events has every revision, in order', cluster, async ({ share }) => {
      const ends = revisionsIn(share.eventStore);
      await eventually(
        async () => [...reader.last],
        (seen) => seen.every(([id, at]) => at === ends.get(id)) && seen.length === ends.size,
      );
      expect(reader.gaps).toEqual([]);
    });

    faultTest('consuming the whole topic again, twice, moves nothing', cluster, async (it) => {
      const ends = revisionsIn(it.share.eventStore);
      for (let time = 0; time < 2; time++) {
        await it.installation.stopLedgers();
        await it.thirdParty.rewind(LEDGERS, 'jobs.lifecycle');
        expect(await it.thirdParty.lag(LEDGERS, 'jobs.lifecycle')).toBeGreaterThanOrEqual(2 * rows.length);
        await it.installation.restartLedgers();
        await allTaken(it);
        expect(revisionsIn(it.share.eventStore)).toEqual(ends);
      }
      expect(await allShown(it)).toEqual(balances);
    });

    faultTest('verify finds no violation, and replay no difference', cluster, async (it) => {
      expect(await tally(it, 'verify')).toMatchObject({ exitCode: 0, err: '' });
      expect(await tally(it, 'replay')).toMatchObject({ exitCode: 0, err: '' });
      expect(await it.installation.stop()).toBe(0);
    });
  },
);
