import { setTimeout as pause } from 'node:timers/promises';
import { call, type TestResponse } from '../support/server';
import { eventually } from '../support/callers';
import { movementsIn } from './support/ledger-log';
import { openOrganizations } from './support/organizations';
import { describeOnCluster, faultTest, operator, type FaultCluster } from './support/fault-cluster';

const SILENT_SECONDS = Number(process.env['SILENT_SECONDS'] ?? 20);
const ROUND_MILLISECONDS = 500;
/** Time limit of a request while the service is not ready, with an allowance for a loaded machine. */
const LONGEST_MILLISECONDS = 5_000 + 1_000;
const TEST_MILLISECONDS = 180_000;

const ids = ['silent-1', 'silent-2', 'silent-3'];

interface Silence {
  readonly what: string;
  readonly begin: (cluster: FaultCluster) => void;
  readonly end: (cluster: FaultCluster) => void;
}

const SILENCES: readonly Silence[] = [
  {
    what: 'frozen',
    begin: ({ share }) => share.eventStore.link.stall(),
    end: ({ share }) => share.eventStore.link.resume(),
  },
  {
    what: 'that stores events but holds back its responses',
    begin: ({ share }) => share.eventStore.link.mute(),
    end: ({ share }) => share.eventStore.link.resume(),
  },
];

interface Sent {
  readonly organizationId: string;
  readonly id: string;
  readonly send: () => Promise<TestResponse>;
  readonly answers: { readonly answer: TestResponse; readonly took: number }[];
}

const ACCEPTED = new Set([200, 201, 202]);
const codeOf = ({ body }: TestResponse) => (body as { code?: string }).code;

/** For each organization a grant with an Idempotency-Key and a job. */
function requestsOf(cluster: FaultCluster, key: string, round: string): Sent[] {
  const { url } = cluster.installation;
  return ids.flatMap((organizationId) => {
    const id = `${organizationId}-${round}`;
    const grant = { kind: 'top-up', credits: 7, reason: id };
    const headers = { 'idempotency-key': id };
    const job = { id, organizationId, operation: 'document-extraction', usage: { pages: 1 } };
    const give = () =>
      call(`${url}/v1/organizations/${organizationId}/grants`, {
        key: cluster.installation.operatorKey,
        body: grant,
        headers,
      });
    const submit = () => call(`${url}/v1/jobs`, { key, body: job });
    return [give, submit].map((send) => ({ organizationId, id, send, answers: [] }));
  });
}

async function send(sent: Sent): Promise<void> {
  const began = performance.now();
  const answer = await sent.send();
  sent.answers.push({ answer, took: performance.now() - began });
}

/** How often the store has each grant (by its reason) and each job. */
function storedIn({ share }: FaultCluster): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, data } of movementsIn(share.eventStore)) {
    const name =
      type === 'CreditsGranted' ? `grant ${data.reason}` : type === 'CreditsReserved' ? `job ${data.jobId}` : '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

describeOnCluster('An event store that does not respond', {}, (cluster) => {
  let key: string;
  beforeAll(async () => {
    await openOrganizations(cluster(), ids, 100_000);
    const { body } = await operator(cluster(), '/v1/ops/keys', { role: 'service', name: 'silent' });
    ({ key } = body as { key: string });
  }, 60_000);

  for (const [at, { what, begin, end }] of SILENCES.entries())
    faultTest(
      `${what}: every response is correct and in time, and repeated requests count once`,
      cluster,
      async (it) => {
        await send({ ...requestsOf(it, key, `warm-${at}`)[0]!, answers: [] });
        const all: Sent[] = [];
        const underWay: Promise<void>[] = [];
        begin(it);
        const until = performance.now() + SILENT_SECONDS * 1_000;
        for (let round = 0; performance.now() < until; round++) {
          const requests = requestsOf(it, key, `${at}-${round}`);
          all.push(...requests);
          underWay.push(...requests.map(send));
          await pause(ROUND_MILLISECONDS);
        }
        end(it);
        await Promise.all(underWay);
        const codes = new Set(
          all.flatMap(({ answers }) => answers.map(({ answer }) => codeOf(answer) ?? String(answer.status))),
        );
        const slowest = Math.max(...all.flatMap(({ answers }) => answers.map(({ took }) => took)));
        process.stderr.write(
          `${what}: ${all.length} requests, answers ${[...codes].join(', ')}, slowest ${Math.round(slowest)} ms\n`,
        );
        expect(codes).toContain('unknown_outcome');
        expect(slowest).toBeLessThan(LONGEST_MILLISECONDS);
        const nameOf = ({ id }: Sent, index: number) => `${index % 2 === 0 ? 'grant' : 'job'} ${id}`;
        // Held-back appends can still arrive, so the store is checked after all requests have been repeated.
        const untrue = () =>
          all.flatMap((sent, index) => {
            const stored = storedIn(it).get(nameOf(sent, index)) ?? 0;
            const { answer } = sent.answers[0]!;
            const isTrue =
              codeOf(answer) === 'unknown_outcome' || (codeOf(answer) === 'unavailable' ? stored === 0 : stored === 1);
            return isTrue ? [] : [`${nameOf(sent, index)}: ${codeOf(answer) ?? answer.status}, stored ${stored} times`];
          });
        await eventually(
          () => call(`${it.installation.url}/health/ready`),
          ({ status }) => status === 200,
          30_000,
        );
        expect(untrue()).toEqual([]);
        for (const sent of all) {
          await eventually(sent.send, ({ status }) => ACCEPTED.has(status), 30_000);
        }
        const stored = storedIn(it);
        expect(all.filter((sent, index) => stored.get(nameOf(sent, index)) !== 1)).toEqual([]);
      },
      TEST_MILLISECONDS + 2_000 * SILENT_SECONDS,
    );
});
