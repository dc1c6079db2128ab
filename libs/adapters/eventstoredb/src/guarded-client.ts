import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { EventStoreDBClient } from '@eventstore/db-client';
import { CannotOpen, reasonOf } from './failures';
import type { Settings } from './options';

const KEEP_ALIVE_MS = 10_000;
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
  private channel: { close(): void } | undefined;

  constructor({ hosts, discover, tls, tlsCaFile, user, password, keepAliveTimeoutMs }: Settings) {
    const endpoints = hosts.map(({ name, port }) => ({ address: name, port }));
    const common = { keepAliveInterval: KEEP_ALIVE_MS, keepAliveTimeout: keepAliveTimeoutMs };
    const rootCertificate = tlsCaFile === undefined ? undefined : certificateIn(tlsCaFile);
    const channel = { insecure: !tls, rootCertificate };
    const credentials =
      user === undefined || password === undefined ? undefined : { username: user, password };
    const first = endpoints[0]!;
    // The type has a constructor for each form of address, which a union of the forms does not fit.
    super(
      (discover
        ? { ...common, discover: first }
        : endpoints.length > 1
          ? { ...common, endpoints }
          : { ...common, endpoint: first }) as ConstructorParameters<typeof EventStoreDBClient>[0],
      channel,
      credentials,
    );
    const channelOf = this.getChannel;
    this.getChannel = async () => {
      const made = await channelOf();
      this.channel = made;
      return made;
    };
    const create = this.GRPCStreamCreator;
    this.GRPCStreamCreator = (Client, name, creator, cache) =>
      create(Client, name, async (client) => harmless(await creator(client)), cache);
    const reconnect = this.handleError;
    this.handleError = (client, error) => reconnect(client, error).catch(() => undefined);
  }

  /** Asks for the server's version and features, once; appends need not ask again. */
  async learn(): Promise<string> {
    const features = await this.capabilities;
    this.supports = (method, feature) => Promise.resolve(features.supports(method, feature));
    return features.serverVersion;
  }

  async isConnected(): Promise<boolean> {
    return (await this.getChannel()).getConnectivityState(false) === READY;
  }

  async close(): Promise<void> {
    await this.dispose();
    // To ask the client for it would look for the cluster again where it was not found.
    this.channel?.close();
  }
}

function certificateIn(file: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    const cause = { cause: error };
    throw new CannotOpen(`The event store’s tlsCaFile cannot be read: ${reasonOf(error)}.`, cause);
  }
  // Anything else is taken for no certificate at all, and said nothing about.
  if (!content.includes('-----BEGIN CERTIFICATE-----'))
    throw new CannotOpen(`The event store’s tlsCaFile holds no certificate in PEM form: ${file}.`);
  return content;
}

/** For the stream of batch appends, the only one that comes with a listener. */
function harmless<Stream>(stream: Stream): Stream {
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
