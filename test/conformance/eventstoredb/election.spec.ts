import { status } from '@grpc/grpc-js';
import { StoreUnavailable } from '@tallystick/eventing';
import { StoreFixture } from '../../support/eventstoredb/store-fixture';
import { errorOf } from '../../support/eventstoredb/protocol';
import type { ReadCall } from '../../support/eventstoredb/reads/read-options';
import { scripted } from '../../support/eventstoredb/scripted-server';
import { ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { identifierOf } from '../../support/eventstoredb/protocol';

const bench = new StoreFixture();
const stops: (() => void)[] = [];
afterEach(async () => {
  await bench.close();
  for (const stop of stops.splice(0)) stop();
});

const notFound = (call: ReadCall) => {
  const missing = new ReadResp.StreamNotFound().setStreamIdentifier(identifierOf('credits-1'));
  call.write(new ReadResp().setStreamNotFound(missing));
  call.end();
};
/** A server that responds to reads of streams with an error until it is changed. */
const electing = async (code: status, details: string, options: { electionMs: number }) => {
  const election = { isOn: true, reads: 0 };
  const { port, stop } = await scripted({
    read: (call) => {
      if (call.request.getOptions()!.hasAll()) return call.end();
      election.reads += 1;
      if (election.isOn) call.emit('error', errorOf(code, details));
      else notFound(call);
    },
  });
  stops.push(stop);
  const store = await bench.openAt({ hosts: [{ name: '127.0.0.1', port }], tls: false, ...options });
  return { store, election };
};

describe('A read during an election', () => {
  it.each([
    ['the leader is lost', status.UNAVAILABLE, 'Server Is Not Ready'],
    ['there is no leader', status.UNKNOWN, 'No leader info available in response'],
    ['the server stops', status.INTERNAL, 'Received RST_STREAM with code 2'],
    ['the server times out', status.ABORTED, 'Operation timed out'],
  ])('is retried when %s', async (_, code, details) => {
    const { store, election } = await electing(code, details, { electionMs: 60_000 });
    const reading = store.read('credits-1', 0, 10);
    setTimeout(() => (election.isOn = false), 1_000);
    expect(await reading).toEqual([]);
    expect(election.reads).toBeGreaterThan(4);
  });

  it('that does not end fails in time, and later reads fail immediately', async () => {
    const { store, election } = await electing(status.INTERNAL, 'Received RST_STREAM', { electionMs: 500 });
    await expect(store.read('credits-1', 0, 10)).rejects.toBeInstanceOf(StoreUnavailable);
    const { reads } = election;
    await expect(store.read('credits-1', 0, 10)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(election.reads - reads).toBe(3);
    election.isOn = false;
    expect(await store.read('credits-1', 0, 10)).toEqual([]);
  });

  it('is not retried after a final error', async () => {
    const { store, election } = await electing(status.UNAUTHENTICATED, 'no', { electionMs: 60_000 });
    await expect(store.read('credits-1', 0, 10)).rejects.toThrow(
      /refuses the user "anonymous": were its rights or its password changed\? A new password requires a restart/,
    );
    expect(election.reads).toBe(1);
  });
});
