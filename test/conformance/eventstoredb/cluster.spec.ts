import { randomUUID } from 'node:crypto';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { eventStoreDbAddress } from '@tallystick/adapters/eventstoredb';
import { NO_STREAM } from '@tallystick/eventing';
import { StoreFixture, someEvents } from '../../support/eventstoredb/store-fixture';
import { selfSigned } from '../../support/certificate';
import { member, type Script, scripted } from '../../support/eventstoredb/scripted-server';

const bench = new StoreFixture();
const sockets = new Set<Socket>();
const stops: (() => unknown)[] = [];
const directory = mkdtempSync(join(tmpdir(), 'tallystick-cluster-'));
afterEach(async () => {
  await bench.close();
  for (const stop of stops.splice(0)) stop();
  for (const socket of sockets) socket.destroy();
});
afterAll(() => rmSync(directory, { recursive: true }));

const node = async (script: Script): Promise<number> => {
  const { port, stop } = await scripted(script);
  stops.push(stop);
  return port;
};
/** Accepts connections and never responds, like a node that hangs. */
const silent = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer((socket) => sockets.add(socket));
    stops.push(() => server.close());
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
const opened = async (address: string): Promise<string> => {
  const options = { ...eventStoreDbAddress(address), prefixes: ['credits-'] };
  try {
    const store = await bench.openAt(options);
    await store.append(`credits-${randomUUID()}`, NO_STREAM, someEvents(1));
    return 'it works';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('A cluster', () => {
  it.each([
    ['several hosts', 'esdb'],
    ['several hosts with +discover', 'esdb+discover'],
  ])(
    'is found by %s, even if most of them do not respond',
    async (_, scheme) => {
      const leader = await bench.start();
      const talking = await node({ members: () => [member(leader.port)] });
      const hosts = [await silent(), talking, await silent()].map((port) => `127.0.0.1:${port}`);
      // The client asks the nodes in random order.
      for (let i = 0; i < 4; i++) expect(await opened(`${scheme}://${hosts.join(',')}?tls=false`)).toBe('it works');
    },
    60_000,
  );

  it('without a leader is reported as such', async () => {
    const members = () => [member(1, MemberInfo.VNodeState.UNKNOWN)];
    const ports = [await node({ members }), await node({ members })];
    expect(await opened(`esdb://${ports.map((port) => `127.0.0.1:${port}`).join(',')}?tls=false`)).toMatch(
      /does not report a leader of its cluster: check the addresses, and that more than half of its nodes run\.$/,
    );
  });

  it('whose nodes are all unavailable is reported as unavailable', async () => {
    expect(await opened('esdb://127.0.0.1:1,127.0.0.1:2?tls=false')).toMatch(
      /^The event store at 127\.0\.0\.1:\d cannot be reached: connect ECONNREFUSED/,
    );
  });

  const tls = selfSigned();
  const other = selfSigned();
  if (!tls || !other) return test.skip('skipped: no openssl to make a certificate with', () => undefined);
  const file = (name: string, content: Buffer) => {
    writeFileSync(join(directory, name), content);
    return encodeURIComponent(join(directory, name));
  };
  const [ca, wrong] = [file('ca.pem', tls.certificate), file('wrong.pem', other.certificate)];

  it.each([
    ['the right CA and password', 'localhost', `tlsCaFile=${ca}`, 'ops:good', /^it works$/],
    [
      'another CA',
      'localhost',
      `tlsCaFile=${wrong}`,
      'ops:good',
      /^The certificate of the event store at localhost:\d+ is not accepted/,
    ],
    [
      'no CA',
      'localhost',
      'tls=true',
      'ops:good',
      /^The certificate of the event store at localhost:\d+ is not accepted/,
    ],
    [
      'a name that the certificate has not',
      '127.0.0.1',
      `tlsCaFile=${ca}`,
      'ops:good',
      /is not accepted \(Hostname\/IP does not match.*that it names this host\.$/,
    ],
    [
      'no TLS',
      'localhost',
      'tls=false',
      undefined,
      /closes the connection: check that it is an EventStoreDB, and that tls is set as on the server\.$/,
    ],
    ['another password', 'localhost', `tlsCaFile=${ca}`, 'ops:bad', /refuses the user "ops": the password is wrong/],
    ['another user', 'localhost', `tlsCaFile=${ca}`, 'unknown:good', /refuses the user "unknown"/],
  ])('with TLS and users reports a clear error for %s', async (_, host, query, who, sentence) => {
    const leader = await bench.start({ tls, user: { name: 'ops', password: 'good' } });
    const members = () => [member(leader.port, MemberInfo.VNodeState.LEADER, host)];
    const ports = [await node({ members, tls }), await node({ members, tls })];
    const hosts = ports.map((port) => `${host}:${port}`).join(',');
    expect(await opened(`esdb+discover://${who === undefined ? '' : `${who}@`}${hosts}?${query}`)).toMatch(sentence);
  });
});
