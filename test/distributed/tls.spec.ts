import { Client } from 'pg';
import { eventually } from '../support/callers';
import { call } from '../support/server';
import { NO_OPENSSL, selfSigned } from '../support/certificate';
import { Installation } from '../support/distributed/installation';
import { TestServers, QUICK, type ServerShare, whyNotDistributed } from '../support/distributed/test-servers';

/** Includes the wait for other specs that start the distributed form. */
const WAIT = 1_800_000;
const why = whyNotDistributed() ?? (selfSigned() === undefined ? NO_OPENSSL : undefined);

if (why !== undefined) test.skip(`skipped: ${why}`, () => undefined);
else
  describe('The distributed form with TLS to Kafka, PostgreSQL and EventStoreDB', () => {
    let servers: TestServers;
    let share: ServerShare;
    let installation: Installation;
    beforeAll(async () => {
      servers = await TestServers.start({ postgres: QUICK, tls: true, serial: true });
      share = await servers.share();
      installation = await Installation.start({ environment: share.environment, ledgers: 1 });
    }, WAIT);
    afterAll(async () => {
      await installation?.stop();
      await servers?.stop();
    }, 60_000);

    test('Jobs by HTTP and by the bus are decided, and every connection to PostgreSQL is encrypted', async () => {
      const { url, organizationId, projectId, keys } = await installation.demo();
      const job = { organizationId, projectId, operation: 'document-extraction', usage: { pages: 4 } };
      const submitted = await call(`${url}/v1/jobs`, { key: keys.service, body: { id: 'by-http', ...job } });
      expect([submitted.status, submitted.body]).toEqual([202, expect.objectContaining({ credits: 4 })]);
      const event = { specversion: '1.0', type: 'tallystick.job.submitted', source: '/tests', id: 'event-1' };
      const taken = await call(`${url}/v1/events`, {
        key: keys.service,
        headers: { 'content-type': 'application/cloudevents+json' },
        body: { ...event, time: new Date().toISOString(), data: { id: 'by-bus', ...job } },
      });
      expect(taken.status).toBe(202);
      const balance = await eventually(
        () => call(`${url}/v1/organizations/${organizationId}/balance`, { key: keys.operator }),
        ({ body }) => body.reserved === 8,
      );
      expect(balance.status).toBe(200);

      const operator = new Client({ connectionString: servers.postgres.url('postgres') });
      await operator.connect();
      const { rows } = await operator.query<{ ssl: boolean; count: string }>(
        `SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname LIKE 'installation%' GROUP BY ssl`,
      );
      await operator.end();
      expect(rows).toEqual([{ ssl: true, count: expect.stringMatching(/^[1-9]/) }]);
    });
  });
