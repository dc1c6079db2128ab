import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { EventStoreDbEventStore, eventStoreDbAddress } from '@tallystick/adapters/eventstoredb';
import { LOG_START, NO_STREAM } from '@tallystick/eventing';
import { StoreFixture, someEvents } from '../../support/eventstoredb/store-fixture';
import { selfSigned } from '../../support/certificate';
import { scripted, stored } from '../../support/eventstoredb/scripted-server';

const bench = new StoreFixture();
const sockets = new Set<Socket>();
const servers: Server[] = [];
const directory = mkdtempSync(join(tmpdir(), 'tallystick-opening-'));
afterAll(async () => {
  await bench.close();
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  rmSync(directory, { recursive: true });
});

/** Newer versions of Node reject an IP address as the name of a certificate, which gRPC passes. */
const TAKES_ADDRESSES = Number(process.versions.node.split('.')[0]) < 26;
const PASSWORD = 'hunter2/@?';
const QUICK = { openTimeoutMs: 1_000, readTimeoutMs: 1_000 };
/** Opens a store, and reads and writes with it. */
const sentenceOf = async (address: string, more = {}): Promise<string> => {
  try {
    const store = await EventStoreDbEventStore.open({ ...eventStoreDbAddress(address), ...QUICK, ...more });
    await store.append('credits-opening', NO_STREAM, someEvents(1)).finally(() => store.close());
    return 'it works';
  } catch (error) {
    const { name, message } = error as Error;
    expect(`${name}: ${message}`).toMatch(/^CannotOpen: [^\n]+[.?]$/);
    expect(message).not.toMatch(/hunter2|secret|\d{4}-\d\d-\d\dT|error:/);
    return message;
  }
};
const expectAll = async (cases: readonly [string, string | RegExp][]) => {
  for (const [address, sentence] of cases) {
    const said = await sentenceOf(`esdb://${address}`);
    expect(said).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  }
};
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
const listening = (server: Server): Promise<number> => {
  servers.push(server.on('connection', (socket: Socket) => sockets.add(socket)));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
};

describe('Opening EventStoreDB', () => {
  it('works without users and TLS', async () => {
    const server = await bench.start();
    expect(await sentenceOf(server.address)).toBe('it works');
    const store = await bench.open(server);
    expect(store.serverVersion).toMatch(/^24\.2\.0/);
  });

  it('works over IPv6, if the machine supports it', async () => {
    const server = await bench.start({ host: '::1' }).catch(() => undefined);
    if (server) expect(await sentenceOf(`esdb://[::1]:${server.port}?tls=false`)).toBe('it works');
  });

  it('reports a wrong server in one sentence', async () => {
    const plain = await bench.start();
    const silent = await listening(createServer());
    const hangingUp = await listening(createServer((socket) => socket.destroy()));
    const http = await listening(createHttpServer((_, response) => response.end('hello')));
    const grpc = new GrpcServer();
    const foreign = await new Promise<number>((resolve) =>
      grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => resolve(port)),
    );
    const cases: [string, string | RegExp][] = [
      ['127.0.0.1:1?tls=false', 'The event store at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1.'],
      ['127.0.0.1:1', 'The event store at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1.'],
      [
        'nowhere.invalid?tls=false',
        /^The event store at nowhere\.invalid:2113 (cannot be reached: Name resolution failed|did not answer within 1000 ms)/,
      ],
      [
        `127.0.0.1:${silent}?tls=false`,
        `The event store at 127.0.0.1:${silent} did not answer within 1000 ms: check the address, and that tls is set as on the server.`,
      ],
      [
        `127.0.0.1:${hangingUp}?tls=false`,
        `The server at 127.0.0.1:${hangingUp} closes the connection: check that it is an EventStoreDB, and that tls is set as on the server.`,
      ],
      [
        `127.0.0.1:${http}?tls=false`,
        `The server at 127.0.0.1:${http} closes the connection: check that it is an EventStoreDB, and that tls is set as on the server.`,
      ],
      [
        `127.0.0.1:${foreign}?tls=false`,
        `The server at 127.0.0.1:${foreign} is not an EventStoreDB: check the address.`,
      ],
      [
        `localhost:${plain.port}`,
        `The server at localhost:${plain.port} does not use TLS: check the port, or set tls=false.`,
      ],
      [
        `ops:secret@localhost:${plain.port}`,
        `The server at localhost:${plain.port} does not use TLS: check the port, or set tls=false.`,
      ],
    ];
    await expectAll(cases);
    grpc.forceShutdown();
  });

  it('stops looking for a cluster after the time limit', async () => {
    const started = performance.now();
    const patience = { openTimeoutMs: 50 };
    expect(await sentenceOf('esdb+discover://127.0.0.1:1?tls=false', patience)).toMatch(
      /did not answer within 50 ms|connect ECONNREFUSED/,
    );
    expect(performance.now() - started).toBeLessThan(800);
  });

  it.each([
    ['http://ops:secret@host', /must look like esdb:\/\/host:2113\?tls=true\.$/],
    ['esdb://ops:secret/word@host', /must look like esdb/],
    ['esdb://ops:secret?word@host', /write %40 for @, %2F for \/, /],
    ['esdb://ops:secret@word?hunter2@host', /write %40 for @/],
    ['esdb://ops:secret%zz@host', /write %40 for @.* and %25 for %\.$/],
    ['esdb://ops@host', /must have USER:PASSWORD before the @\.$/],
    ['esdb://host:99999', /has no HOST:PORT as host 1: /],
    ['esdb://host?tls=yes', /has tls, which must be true or false\.$/],
    ['esdb://host?timeout=1', /has "timeout", which is none of tls, tlsCaFile, .*, defaultDeadline\.$/],
    ['esdb://ops:secret@host?tls=false', /without encryption the client drops user and password silently/],
    ['esdb://host?tls=false&tlsCaFile=ca.pem', /has tlsCaFile and tls=false: leave one of them out\.$/],
    ['esdb://host?tlsCaFile=nowhere.pem', /^The event store’s tlsCaFile cannot be read: ENOENT: .*nowhere\.pem'\.$/],
    [
      `esdb://host?tlsCaFile=${file('junk.pem', 'junk')}`,
      /tlsCaFile contains no certificate in PEM form: .*junk\.pem\.$/,
    ],
  ])('reports %s before it connects', async (address, sentence) => {
    expect(await sentenceOf(address)).toMatch(sentence);
  });
});

const tls = selfSigned();
const other = selfSigned();
if (!tls || !other) describe('TLS', () => test.skip('skipped: no openssl to make a certificate with', () => undefined));
else
  describe('A server with TLS and users', () => {
    const [ca, wrong] = [file('ca.pem', tls.certificate), file('wrong.pem', other.certificate)];
    const password = encodeURIComponent(PASSWORD);

    it('can be opened only with its certificate and a known user', async () => {
      const { port } = await bench.start({ tls, user: { name: 'ops', password: PASSWORD } });
      const place = `localhost:${port}`;
      const unaccepted = new RegExp(
        `^The certificate of the event store at ${place} is not accepted \\(self-signed certificate\\): `,
      );
      const cases: [string, string | RegExp][] = [
        [`ops:${password}@${place}?tlsCaFile=${ca}`, 'it works'],
        [`ops:${password}@${place}`, unaccepted],
        [`ops:${password}@${place}?tlsCaFile=${wrong}`, unaccepted],
        [
          `ops:${password}@127.0.0.1:${port}?tlsCaFile=${ca}`,
          TAKES_ADDRESSES
            ? /is not accepted \(Hostname\/IP does not match certificate's altnames: .*\): .* that it names this host\.$/
            : `Node ${process.versions.node} cannot check the certificate of an IP address for this client: use the host name in the certificate of the event store at 127.0.0.1:${port}.`,
        ],
        [
          `${place}?tlsCaFile=${ca}`,
          `The event store at ${place} requires a user and a password: add USER:PASSWORD@ to its address.`,
        ],
        [
          `ops:secret@${place}?tlsCaFile=${ca}`,
          `The event store at ${place} refuses the user "ops": the password is wrong, or the user may not read $all.`,
        ],
        [`unknown:${password}@${place}?tlsCaFile=${ca}`, /refuses the user "unknown"/],
        [
          `${place}?tls=false`,
          `The server at ${place} closes the connection: check that it is an EventStoreDB, and that tls is set as on the server.`,
        ],
      ];
      await expectAll(cases);
    });

    it('that requires a client certificate receives it', async () => {
      const { port, stop } = await scripted({
        read: (call) => call.end(),
        append: () => stored(0),
        tls,
        clientCa: tls.certificate,
      });
      const key = file('key.pem', tls.key);
      const at = `esdb://localhost:${port}?tlsCaFile=${ca}`;
      expect(await sentenceOf(`${at}&userCertFile=${ca}&userKeyFile=${key}`)).toBe('it works');
      expect(await sentenceOf(at)).toMatch(/^(The server at|The event store at|The certificate)/);
      expect(await sentenceOf(`${at}&userCertFile=${ca}&userKeyFile=${ca}`)).toMatch(
        /userKeyFile contains no private key in PEM form/,
      );
      stop();
    });

    it('is written, read and followed, also after a broken connection and a restart', async () => {
      const server = await bench.start({ tls, user: { name: 'ops', password: PASSWORD } });
      const address = eventStoreDbAddress(`esdb://ops:${password}@localhost:${server.port}?tlsCaFile=${ca}`);
      const store = await bench.openAt(address);
      const followed = store.waitForEvents(LOG_START, new AbortController().signal);
      const troubles = [async () => undefined, async () => server.link.cut(), () => server.restart()];
      for (const [i, trouble] of troubles.entries()) {
        await trouble();
        const append = () => store.append('credits-tls', i - 1, someEvents(1));
        // The first call can fail on the broken connection.
        expect(await append().catch(append)).toBe(i);
      }
      await followed;
      expect(await store.read('credits-tls', 0, 10)).toHaveLength(3);
    });
  });
