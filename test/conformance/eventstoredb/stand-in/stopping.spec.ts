import { type AllStreamSubscription, type EventStoreDBClient } from '@eventstore/db-client';
import type { TestServer } from '../../../support/eventstoredb/server';
import { until } from '../../../support/until';
import { append, clientOf, closeAll, eventOf, METHODS, outcomeOf, readStream, startServer } from '../recorded/tables';

interface GrpcError extends Error {
  readonly code?: number;
}
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: GrpcError) => error,
  );

afterEach(closeAll);

describe.each(METHODS)('A server that gets SIGTERM, with appends by the %s call,', (method) => {
  let server: TestServer;
  let client: EventStoreDBClient;
  let subscription: AllStreamSubscription;
  let ended: GrpcError | undefined;
  beforeEach(async () => {
    server = await startServer();
    client = clientOf(server);
    ended = undefined;
    subscription = client.subscribeToAll();
    subscription.on('error', (error: GrpcError) => (ended = error));
    subscription.resume();
    await append(client, method, 'stream', [eventOf('before')], {});
  });

  it('responds for some seconds, stores nothing more, and ends its calls with code 13', async () => {
    const stored = server.log.events.length;
    const stopped = server.terminate(3_000);
    const write = () => failureOf(append(client, method, 'stream', [eventOf('during the stop')], {}));
    const first = write();
    const failures: GrpcError[] = [];
    while (!ended) {
      const failure = await Promise.race([write(), until(() => ended !== undefined).then(() => undefined)]);
      if (failure) failures.push(failure);
    }
    await stopped;
    expect(server.log.events).toHaveLength(stored);
    expect(await first).toMatchObject({ type: method === 'batch' ? 'deadline-exceeded' : 'timeout' });
    expect(failures.some(({ message }) => message.includes('Server Is Not Ready'))).toBe(true);
    expect(ended).toMatchObject({ code: 13, message: expect.stringContaining('RST_STREAM') as string });
  });

  it('refuses reads too, and works again after its restart', async () => {
    const stopped = server.terminate(300);
    expect(await failureOf(readStream(client, 'stream'))).toMatchObject({
      type: 'unavailable',
      message: expect.stringContaining('Server Is Not Ready') as string,
    });
    await stopped;
    await server.up();
    const again = clientOf(server);
    expect(await outcomeOf(append(again, method, 'stream', [eventOf('after')], {}))).toBe('ok, next 1');
  });
});
