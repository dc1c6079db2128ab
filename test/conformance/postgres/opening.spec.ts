import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresRecordStore, PostgresViewStore } from '@tallystick/adapters/postgres';
import { StoreUnavailable } from '@tallystick/eventing';
import { NO_OPENSSL, selfSigned } from '../../support/certificate';
import { PASSWORD } from '../../support/postgres/cluster';
import { describeWithPostgres } from '../../support/postgres/describe-with-postgres';
import { aTable } from './sessions';

const sentenceOf = (url: string, more = {}) =>
  PostgresRecordStore.open({ url, ...more }).then(
    (store) => store.close().then(() => 'it opened'),
    (error: Error) => error.message,
  );

describeWithPostgres('Opening PostgreSQL', (postgres) => {
  it('reports an error in one sentence without the password', async () => {
    const { operator, port, url } = postgres();
    await operator.query('CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0');
    await operator.query(`CREATE ROLE guest LOGIN PASSWORD 'guest'`);
    const place = `127.0.0.1:${port}`;
    const cases: [string, string | RegExp, object?][] = [
      [
        url().replace(encodeURIComponent(PASSWORD), 'wrong'),
        `PostgreSQL, postgres at ${place}: user or password are wrong, or the user may not connect from this host.`,
      ],
      [url('nowhere'), `PostgreSQL, nowhere at ${place}: the database does not exist; create it first.`],
      [url('latin'), `PostgreSQL, latin at ${place}: the database's encoding is LATIN1; create it with UTF8.`],
      [
        url().replace(`:${port}`, ':1'),
        /^PostgreSQL, postgres at 127\.0\.0\.1:1: cannot connect \(.*ECONNREFUSED.*\)\.$/,
      ],
      [url('postgres', '?sslmode=require'), /cannot connect \(The server does not support SSL connections\)\.$/],
      [
        `postgres://guest:guest@${place}/postgres`,
        /^PostgreSQL, postgres at .*: the user may not use or create the schema "tallystick"; grant CREATE/,
      ],
      [
        `mysql://guest:secret@${place}/x`,
        'The address of PostgreSQL must have the form postgres://user:password@host:port/database.',
      ],
      ['no address', 'The address of PostgreSQL must have the form postgres://user:password@host:port/database.'],
      [url(), /^"A-b" cannot be the name of a schema/, { schema: 'A-b' }],
    ];
    for (const [address, sentence, more] of cases) {
      const said = await sentenceOf(address, more);
      expect(said).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
      expect(said).not.toMatch(/secret|a password|wrong@|%20/);
    }
  });

  it('needs no permission to create an existing schema', async () => {
    const { operator, port } = postgres();
    await operator.query(`CREATE ROLE tenantless LOGIN PASSWORD 'x'; CREATE SCHEMA theirs AUTHORIZATION tenantless`);
    const url = `postgres://tenantless:x@127.0.0.1:${port}/postgres`;
    expect(await sentenceOf(url, { schema: 'theirs' })).toBe('it opened');
  });

  it('creates missing tables once, even if several processes start concurrently', async () => {
    const options = { url: postgres().url(), schema: 'together', connections: 2 };
    const stores = await Promise.all(Array.from({ length: 6 }, () => PostgresViewStore.open(options)));
    await Promise.all(stores.map((store) => store.open([aTable('shelves'), aTable('others')])));
    await Promise.all(stores.map((store) => store.close()));
  });

  it('aborts a slow statement with a transient error', async () => {
    const { operator, url } = postgres();
    const store = await PostgresRecordStore.open({ url: url(), statementMilliseconds: 200 });
    await operator.query('BEGIN; LOCK TABLE tallystick.records');
    const asked = store.get('c', ['a'], 0);
    await expect(asked).rejects.toThrow(StoreUnavailable);
    await expect(asked).rejects.toThrow(/is not available: canceling statement due to statement timeout\.$/);
    await operator.query('COMMIT');
    expect(await store.get('c', ['a'], 0)).toEqual([undefined]);
    await store.close();
  });

  it('uses at most the configured connections, and every query gets a result', async () => {
    const { operator, url } = postgres();
    const named = url('postgres', '?application_name=bounded');
    const store = await PostgresRecordStore.open({ url: named, connections: 3 });
    const all = Array.from({ length: 50 }, (_, i) => store.put('c', [{ key: `${i}`, value: i }]));
    await Promise.all(all);
    const { rows } = await operator.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'bounded'`,
    );
    expect(rows[0].count).toBeLessThanOrEqual(3);
    expect(await store.list('c', { prefix: '', limit: 100, now: 0 })).toHaveLength(50);
    await store.close();
  });

  it('continues on new connections after all are killed, and reports transient errors until then', async () => {
    const { operator, url } = postgres();
    const named = url('postgres', '?application_name=killed');
    const store = await PostgresViewStore.open({ url: named, schema: 'killed' });
    await store.open([aTable('shelves')]);
    for (let round = 0; round < 5; round++) {
      const asking = Array.from({ length: 20 }, () => store.find(aTable('shelves'), {}));
      await operator.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'`);
      for (const outcome of await Promise.allSettled(asking))
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreUnavailable);
      await store.open([aTable('shelves')]).catch((error) => expect(error).toBeInstanceOf(StoreUnavailable));
    }
    expect(await store.find(aTable('shelves'), {})).toEqual([]);
    await store.close();
  });
});

const tls = selfSigned('IP:127.0.0.1');
if (!tls) describe('TLS', () => test.skip(`skipped: ${NO_OPENSSL}`, () => undefined));
else
  describeWithPostgres(
    'A server with TLS',
    (postgres) => {
      it('is verified according to `sslmode`', async () => {
        const directory = mkdtempSync(join(tmpdir(), 'tallystick-tls-'));
        const root = join(directory, 'root.crt');
        writeFileSync(root, tls.certificate);
        const { url, port } = postgres();
        const at = (mode: string) => sentenceOf(url('postgres', `?sslmode=${mode}`));
        expect(await at('require')).toBe('it opened');
        expect(await at('verify-full')).toMatch(/cannot connect \(self-signed certificate\)\.$/);
        expect(await at(`verify-full&sslrootcert=${root}`)).toBe('it opened');
        const elsewhere = url().replace('127.0.0.1', 'localhost');
        expect(await sentenceOf(`${elsewhere}?sslmode=verify-full&sslrootcert=${root}`)).toMatch(
          new RegExp(`localhost:${port}: cannot connect \\(Hostname/IP does not match`),
        );
        rmSync(directory, { recursive: true });
      });
    },
    { tls },
  );
