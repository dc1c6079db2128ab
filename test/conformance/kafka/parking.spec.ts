import { Logger } from '@nestjs/common';
import { KafkaBus, KafkaBusServer, type KafkaConnection } from '@tallystick/adapters/kafka';
import { CREDITS_EVENTS, deadLettersOf, JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { InMemoryEventStore, InMemoryRecordStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { compose, createLogger, readConfiguration } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';
import { makeTopics, numbers, QUICK, SOON, until } from '../../support/kafka/bus-fixture';
import { describeWithKafka } from '../../support/kafka/kafka';

beforeAll(() => Logger.overrideLogger(false));
jest.setTimeout(120_000);

const OPERATOR = 'operator-key-of-this-test';
const ORGANIZATIONS = ['org', 'other-1', 'other-2', 'other-3'];

/** The stream of one organization cannot be folded while it is damaged. */
class DamagedStore extends InMemoryEventStore {
  isDamaged = false;
  override async read(...[stream, from, limit]: Parameters<InMemoryEventStore['read']>) {
    const events = await super.read(stream, from, limit);
    if (!this.isDamaged || stream !== 'credits-org') return events;
    return events.map((event) => ({ ...event, type: 'Nonsense' }));
  }
}

describeWithKafka('A stopped organization, its ledger in two processes', {}, (kafka) => {
  const events = new DamagedStore();
  const records = new InMemoryRecordStore();
  let connection: KafkaConnection;
  let bus: KafkaBus;
  const running: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    connection = { brokers: kafka().addresses, ...QUICK };
    bus = new KafkaBus(connection);
    const topics = [JOBS_LIFECYCLE, deadLettersOf(JOBS_LIFECYCLE), JOBS_DECISIONS, CREDITS_EVENTS];
    await makeTopics(connection, 3, ...topics);
  });
  afterAll(async () => {
    for (const close of running) await close();
    await bus.close();
  });

  /** One process of the ledger: what it has of its own are views and a place in the consumer group. */
  async function ledger() {
    const environment = { TALLY_LOG_LEVEL: 'silent', TALLY_OPERATOR_KEY: OPERATOR };
    const configuration = readConfiguration(creditLedger.settings, ['--catalog', 'catalogs/leapocr.yaml'], environment);
    const consumers = new KafkaBusServer(connection, { ...SOON, group: 'ledger' });
    const views = new InMemoryViewStore();
    const streams = { events, views };
    const adapters = async () => ({ streams, records, bus, consumersOf: () => consumers, close: () => views.close() });
    const service = { name: 'ledger', services: [creditLedger], adapters };
    const { app, close } = await compose(service, configuration, createLogger('ledger', configuration));
    await app.startAllMicroservices();
    await until(() => consumers.ready);
    const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
      const headers = { authorization: `Bearer ${OPERATOR}` };
      const answer = await app.inject({ method, url, headers, ...(payload && { payload }) });
      return { status: answer.statusCode, body: answer.json() as unknown };
    };
    let isClosed = false;
    const end = async () => {
      if (!isClosed) await close();
      isClosed = true;
    };
    running.push(end);
    return { call, close: end };
  }

  const publish = (from: number, to: number) =>
    bus.publish(
      JOBS_LIFECYCLE,
      numbers(from, to).flatMap((id) => ORGANIZATIONS.map((key) => submitted(key, id))),
    );
  const submitted = (key: string, id: string) => {
    const data = { id, operation: 'standard-v2', usage: { pages: 1 } };
    const event = { specversion: '1.0', id, source: 'test', type: 'tallystick.job.submitted', data };
    return { key, value: Buffer.from(JSON.stringify(event)), headers: {} };
  };
  const decided = async (id: string) =>
    (await events.read(`credits-${id}`, 0, 10_000))
      .filter(({ type }) => type === 'CreditsReserved')
      .map(({ data }) => (data as { jobId: string }).jobId);

  test('is parked over rebalances and released in its order, under messages that still come', async () => {
    const opening = await ledger();
    for (const id of ORGANIZATIONS) {
      const grant = { grantId: 'start', kind: 'top-up', credits: 10_000, reason: 'test' };
      await opening.call('POST', '/v1/organizations', { id, name: id });
      expect((await opening.call('POST', `/v1/organizations/${id}/grants`, grant)).status).toBe(201);
    }
    await opening.close();
    events.isDamaged = true;

    const one = await ledger();
    const parked = async () => (await one.call('GET', '/v1/ops/parked-organizations')).body as ParkedMessages;
    const waiting = async () => (await parked()).data.find(({ organizationId }) => organizationId === 'org')?.waiting;
    await publish(0, 100);
    await until(async () => (await waiting()) === 100);
    const two = await ledger();
    await publish(100, 200);
    await until(async () => (await waiting()) === 200);
    const release = () => two.call('POST', '/v1/ops/parked-organizations/org/release');
    expect(await release()).toMatchObject({ status: 409, body: { code: 'still_stopped', decided: 0 } });
    await two.close();
    await publish(200, 300);
    await until(async () => (await waiting()) === 300);
    expect((await parked()).data).toHaveLength(1);

    events.isDamaged = false;
    expect(await decided('org')).toEqual([]);
    const three = await ledger();
    const released = three.call('POST', '/v1/ops/parked-organizations/org/release');
    for (let job = 300; job < 400; job++) await publish(job, job + 1);
    expect(await released).toMatchObject({ status: 200, body: { state: 'running' } });
    for (const id of ORGANIZATIONS) {
      await until(async () => (await decided(id)).length >= 400);
      expect([id, await decided(id)]).toEqual([id, numbers(0, 400)]);
    }
    expect(await parked()).toEqual({ data: [], nextCursor: null });
    expect((await one.call('GET', '/v1/ops/dead-letters')).body).toEqual({ data: [], nextCursor: null });
  });
});

interface ParkedMessages {
  readonly data: readonly { readonly organizationId: string; readonly waiting: number }[];
}
