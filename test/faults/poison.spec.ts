import { CompressionTypes, type IHeaders, type Message } from 'kafkajs';
import { call } from '../support/server';
import { eventually } from '../support/callers';
import type { ThirdPartyMessage } from './support/third-party-client';
import { LEDGERS } from './support/faults';
import { balancesOf, openOrganizations } from './support/organizations';
import { goodJob, largePoison, poison } from './support/poison';
import { describeOnCluster, faultTest, tally, type FaultCluster } from './support/fault-cluster';

const BAD = 10_000;
const GOOD = 500;
const ids = ['poison-1', 'poison-2', 'poison-3', 'poison-4', 'poison-5'];
const OWN = [
  'origin-topic',
  'origin-partition',
  'origin-offset',
  'origin-timestamp',
  'dead-letter-class',
  'dead-letter-reason',
  'dead-letter-left-out',
];
const LONGEST_KEY = 1_000;

const bad = poison(BAD);
const large = largePoison();
const organizationOf = (at: number): string => ids[at % ids.length]!;
const good = Array.from({ length: GOOD }, (_, at) => goodJob(organizationOf(at), `good-${at}`));
const isGood = new Set(good.flat().map(({ value }) => String(value)));

/** Valid messages among invalid ones, in the order of each job. */
async function publish({ thirdParty }: FaultCluster): Promise<void> {
  const each = Math.ceil(BAD / GOOD);
  const mixed = good.flatMap((job, at) => [job[0]!, ...bad.slice(at * each, (at + 1) * each), job[1]!]);
  for (let at = 0; at < mixed.length; at += 1_000) {
    const compression = at % 2_000 === 0 ? CompressionTypes.GZIP : CompressionTypes.None;
    await thirdParty.send('jobs.lifecycle', mixed.slice(at, at + 1_000), { compression });
    const one = large[at / 1_000];
    if (one) await thirdParty.send('jobs.lifecycle', [one]);
  }
}

async function whole(
  { thirdParty }: FaultCluster,
  topic: string,
  group: string,
  count: number,
): Promise<ThirdPartyMessage[]> {
  const taken: ThirdPartyMessage[] = [];
  await thirdParty.read(topic, group, (message) => taken.push(message));
  await eventually(
    async () => taken.length,
    (seen) => seen >= count,
    60_000,
  );
  return taken;
}

const placeOf = (partition: unknown, offset: unknown) => `${String(partition)}/${String(offset)}`;
const textOf = (headers: IHeaders = {}, leaving: readonly string[] = []) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !leaving.includes(name))
      .map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]),
  );
const bytesOf = ({ value }: Pick<Message, 'value'>) => Buffer.from(value ?? '').toString('base64');

describeOnCluster('Poison messages among valid jobs', {}, (cluster) => {
  let sent: readonly ThirdPartyMessage[];
  let letters: readonly ThirdPartyMessage[];

  faultTest('are consumed by processes that stay ready', cluster, async (it) => {
    await openOrganizations(it, ids, 1_000);
    await publish(it);
    await eventually(
      () => it.thirdParty.lag(LEDGERS, 'jobs.lifecycle'),
      (lag) => lag === 0,
      60_000,
    );
    for (const url of it.installation.ledgerUrls)
      expect(await call(`${url}/health/ready`)).toMatchObject({ status: 200 });
    sent = await whole(it, 'jobs.lifecycle', 'all', BAD + large.length + 2 * GOOD);
    letters = await whole(it, 'jobs.lifecycle.dead-letters', 'letters', BAD + large.length);
  });

  faultTest('are stored as dead letters, each once, with their bytes and origin', cluster, async () => {
    const left = new Map(
      sent.filter(({ value }) => !isGood.has(String(value))).map((it) => [placeOf(it.partition, it.offset), it]),
    );
    expect(left.size).toBe(BAD + large.length);
    const wrong: string[] = [];
    for (const letter of letters) {
      const headers = textOf(letter.headers);
      const place = placeOf(headers['origin-partition'], headers['origin-offset']);
      const origin = left.get(place);
      left.delete(place);
      const isWhole =
        origin &&
        headers['origin-topic'] === 'jobs.lifecycle' &&
        Number(headers['origin-timestamp']) > 0 &&
        ['bad-message', 'refused'].includes(headers['dead-letter-class']!) &&
        headers['dead-letter-reason']!.length > 0 &&
        bytesOf(letter) === bytesOf(origin) &&
        String(letter.key) === String(origin.key ?? '').slice(0, LONGEST_KEY) &&
        JSON.stringify(textOf(letter.headers, OWN)) ===
          JSON.stringify(textOf(origin.headers, [...OWN, headers['dead-letter-left-out']!]));
      if (!isWhole) wrong.push(`${place} ${JSON.stringify(headers).slice(0, 300)}`);
    }
    expect(wrong).toEqual([]);
    expect([...left.keys()]).toEqual([]);
  });

  faultTest('move no credits: the balances are those of the valid jobs', cluster, async (it) => {
    const each = GOOD / ids.length;
    const balances = await balancesOf(it, ids);
    const totals = [...balances.values()].map(({ consumed, reserved }) => ({ consumed, reserved }));
    expect(totals).toEqual(ids.map(() => ({ consumed: each, reserved: 0 })));
    expect(await tally(it, 'verify')).toMatchObject({ exitCode: 0, err: '' });
  });
});
