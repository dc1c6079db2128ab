import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { ClockSkew } from './clock-skew';
import { CannotOpen, reasonOf } from './failures';
import type { EventStoreDbSettings } from './options';

const KEEP_ALIVE_MS = 10_000;
/** An append carries the client's clock + this, and a server whose clock is past it stores nothing. Our own timers end calls. */
const DEADLINE_MS = 365 * 24 * 3_600_000;
/** Whole seconds, 1 at least. Several silent nodes must not use up the time that a start has. */
const gossipSeconds = (openTimeoutMs: number): number => Math.max(1, Math.floor(openTimeoutMs / 5_000));
const BATCH_APPEND = '/event_store.client.streams.Streams/BatchAppend';
/** gRPC's ConnectivityState. */
const READY = 2;

/**
 * The client, kept from taking the process down. Its faults, seen in 6.2.1:
 * answers to batch appends are looked up in one map for all clients of the process, which any client's error empties;
 * an answer that comes later throws inside an event handler. A write that waits for `drain` while the connection breaks
 * rejects a promise that nobody holds. Reconnecting can reject one, too. A failed look at the server's features is
 * remembered for ever.
 */
export class GuardedClient extends EventStoreDBClient {
  /** Whether appends under way share one call. */
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
    // The type has a constructor for each form of address, which a union of the forms does not fit.
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
      // Found after the search was given up.
      if (this.isClosed) made.close();
      return made;
    };
    const create = this.GRPCStreamCreator;
    this.GRPCStreamCreator = (Client, name, creator, cache) =>
      create(Client, name, async (client) => measureClock(guardAppendStream(await creator(client)), clock), cache);
    const reconnect = this.handleError;
    this.handleError = (client, error) => reconnect(client, error).catch(() => undefined);
  }

  /** Asks for the server's version and features, once; appends need not ask again. */
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
    // To ask the client for it would look for the cluster again where it was not found.
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
  // OpenSSL takes anything else for an empty file, without a word.
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(content.toString('latin1')))
    throw new CannotOpen(`The event store’s ${name} holds no ${what.toLowerCase()} in PEM form: ${file}.`);
  return content;
}

/** Each answer brings the server's time in its header `date`. */
function measureClock<Stream>(stream: Stream, clock: ClockSkew): Stream {
  const asked = Date.now();
  const call = stream as unknown as Duplex;
  call.once('metadata', (header: { get(name: string): unknown[] }) => {
    clock.answered(asked, String(header.get('date')[0] ?? ''));
  });
  return stream;
}

/** For the stream of batch appends, the only one that comes with a listener. */
function guardAppendStream<Stream>(stream: Stream): Stream {
  const duplex = stream as unknown as Duplex;
  for (const listener of duplex.listeners('data')) {
    duplex.on('data', (answer) => {
      try {
        listener.call(duplex, answer);
      } catch {
        // Whoever waited for this answer was told long ago that the append's fate is unknown.
      }
    });
    duplex.off('data', listener as () => void);
    // How much is under way is bounded by those who append; nobody is to wait for `drain`.
    const write = duplex.write.bind(duplex) as (chunk: unknown) => boolean;
    duplex.write = ((chunk: unknown) => write(chunk) || true) as Duplex['write'];
  }
  return stream;
}
