import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { EventStoreDBClient } from '@eventstore/db-client';
import { systemClock } from '@tallystick/runtime';
import type { ClockSkew } from './clock-skew';
import { CannotOpen, reasonOf } from './failures';
import type { EventStoreDbSettings } from './options';

const KEEP_ALIVE_MS = 10_000;
/**
 * Each append carries this machine's time plus this. A server whose clock is later stores nothing, so the value is
 * large; calls are ended by timers of this adapter.
 */
const DEADLINE_MS = 365 * 24 * 3_600_000;
/** At least 1 s, in whole seconds. Several unresponsive nodes must not use up the time for a start. */
const gossipSeconds = (openTimeoutMs: number): number => Math.max(1, Math.floor(openTimeoutMs / 5_000));
const BATCH_APPEND = '/event_store.client.streams.Streams/BatchAppend';
/** Value of gRPC's ConnectivityState. */
const READY = 2;

/**
 * Client that cannot crash the process. It works around these faults of version 6.2.1: all clients of a process look up
 * the responses to batch appends in one map, which an error of any client empties; a later response then throws inside
 * an event handler. A write that waits for `drain` when the connection breaks causes an unhandled rejection, and so can
 * a reconnect. A failed request for the server's features is cached permanently.
 */
export class GuardedClient extends EventStoreDBClient {
  /** True if pending appends share one call. */
  sharesCalls = true;
  private channel: { close(): void } | undefined;
  private isClosed = false;

  constructor(settings: EventStoreDbSettings, clock: ClockSkew) {
    const { hosts, discover, user, password, openTimeoutMs } = settings;
    const endpoints = hosts.map(({ name, port }) => ({ address: name, port }));
    const common = {
      keepAliveInterval: KEEP_ALIVE_MS,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      defaultDeadline: DEADLINE_MS,
      connectionName: settings.connectionName ?? `tallystick ${hostname()} ${process.pid}`,
    };
    const cluster = { ...common, endpoints, gossipTimeout: gossipSeconds(openTimeoutMs) };
    // The type has one constructor per form of address and does not accept a union of the forms.
    super(
      (discover || endpoints.length > 1 ? cluster : { ...common, endpoint: endpoints[0]! }) as ConstructorParameters<
        typeof EventStoreDBClient
      >[0],
      channelOptions(settings),
      user === undefined || password === undefined ? undefined : { username: user, password },
    );
    const channelOf = this.getChannel;
    this.getChannel = async () => {
      const made = await channelOf();
      this.channel = made;
      // Connected after `close`.
      if (this.isClosed) made.close();
      return made;
    };
    const create = this.GRPCStreamCreator;
    this.GRPCStreamCreator = (Client, name, creator, cache) =>
      create(Client, name, async (client) => measureClock(guardAppendStream(await creator(client)), clock), cache);
    const reconnect = this.handleError;
    this.handleError = (client, error) => reconnect(client, error).catch(() => undefined);
  }

  /** Requests the server's version and features once, so that appends need not. */
  async readServerFeatures(): Promise<string> {
    const features = await this.capabilities;
    this.supports = (method, feature) => Promise.resolve(features.supports(method, feature));
    this.sharesCalls = features.supports({ path: BATCH_APPEND } as Parameters<typeof features.supports>[0]);
    return features.serverVersion;
  }

  async isConnected(): Promise<boolean> {
    return (await this.getChannel()).getConnectivityState(false) === READY;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.dispose();
    // `getChannel` would search for the cluster again.
    this.channel?.close();
  }
}

const channelOptions = (settings: EventStoreDbSettings) => ({
  insecure: !settings.tls,
  rootCertificate: pemIn(settings, 'tlsCaFile', 'CERTIFICATE'),
  userCertFile: pemIn(settings, 'userCertFile', 'CERTIFICATE'),
  userKeyFile: pemIn(settings, 'userKeyFile', 'PRIVATE KEY'),
});

function pemIn(settings: EventStoreDbSettings, name: 'tlsCaFile' | 'userCertFile' | 'userKeyFile', what: string) {
  const file = settings[name];
  if (file === undefined) return undefined;
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    const cause = { cause: error };
    throw new CannotOpen(`The event store’s ${name} cannot be read: ${reasonOf(error)}.`, cause);
  }
  // OpenSSL silently treats other content as an empty file.
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(content.toString('latin1')))
    throw new CannotOpen(`The event store’s ${name} contains no ${what.toLowerCase()} in PEM form: ${file}.`);
  return content;
}

/** Reads the server's time from the header `date` of each response. */
function measureClock<Stream>(stream: Stream, clock: ClockSkew): Stream {
  const asked = systemClock.now();
  const call = stream as unknown as Duplex;
  call.once('metadata', (header: { get(name: string): unknown[] }) => {
    clock.answered(asked, String(header.get('date')[0] ?? ''));
  });
  return stream;
}

/** Catches errors of the client's listener on the stream of batch appends, the only stream with a listener. */
function guardAppendStream<Stream>(stream: Stream): Stream {
  const duplex = stream as unknown as Duplex;
  for (const listener of duplex.listeners('data')) {
    duplex.on('data', (answer) => {
      try {
        listener.call(duplex, answer);
      } catch {
        // The append of this response was already reported as ambiguous.
      }
    });
    duplex.off('data', listener as () => void);
    // The callers limit the number of pending appends, so `drain` need not be awaited.
    const write = duplex.write.bind(duplex) as (chunk: unknown) => boolean;
    duplex.write = ((chunk: unknown) => write(chunk) || true) as Duplex['write'];
  }
  return stream;
}
