import { CannotOpen } from './failures';

export interface EventStoreDbHost {
  readonly name: string;
  readonly port: number;
}

/** Where the server is and who asks. `eventStoreDbAddress` reads it from `esdb://…`. */
export interface EventStoreDbAddress {
  /** One, or members of a cluster, which are asked for the others. */
  readonly hosts: readonly EventStoreDbHost[];
  /** One host, too, is asked for the members of its cluster. */
  readonly discover?: boolean;
  /** Default true. */
  readonly tls?: boolean;
  /** A PEM file; otherwise the certificates that Node trusts. */
  readonly tlsCaFile?: string;
  /** PEM files of a user's certificate and its key, in place of a password. */
  readonly userCertFile?: string;
  readonly userKeyFile?: string;
  /** As the server's log and statistics show it. Default: this machine's name and the process. */
  readonly connectionName?: string;
  readonly user?: string;
  readonly password?: string;
}

/** Milliseconds, bytes and counts: [default, least, most]. */
const LIMITS = {
  /** Until the first answer; a start fails after it. */
  openTimeoutMs: [5_000, 50, 120_000],
  /** After it an append is ambiguous. The client's own deadline is none for appends in batches. */
  appendTimeoutMs: [5_000, 50, 120_000],
  /** Without anything new from the server; after it a read is given up. */
  readTimeoutMs: [10_000, 50, 120_000],
  /** Without an answer to a keep-alive ping, sent every 10 seconds; after it the connection is dropped. */
  keepAliveTimeoutMs: [5_000, 100, 120_000],
  /** For which reads that fail in passing are tried again, from the first that failed on: longer than an election takes. */
  electionMs: [7_000, 0, 120_000],
  /** The longest pause before subscribing again; the first is a fiftieth of it. */
  resubscribeMs: [5_000, 50, 60_000],
  /** Events of other streams after which the server tells how far it has looked. */
  checkpointEvents: [1_000, 1, 100_000],
  /** Of one append; a message over 16 MiB would break the call of all. The server’s own limit (`MaxAppendSize`) is 1 MiB unless it is set. */
  maxAppendBytes: [1024 * 1024, 1024, 8 * 1024 * 1024],
} as const;

type EventStoreDbLimits = { readonly [Name in keyof typeof LIMITS]: number };

export interface EventStoreDbOptions extends EventStoreDbAddress, Partial<EventStoreDbLimits> {
  /** Streams whose events `grown` waits for, by the start of their name. None: all but the server's own. */
  readonly prefixes?: readonly string[];
  /** Called each time that the server refuses or ends the subscription for another reason than a lost connection. */
  readonly subscriptionRefused?: () => void;
}

export type EventStoreDbSettings = EventStoreDbOptions & EventStoreDbLimits & { readonly tls: boolean };

/** All that can be said about the options without asking the server. */
export function settingsOf(options: EventStoreDbOptions): EventStoreDbSettings {
  const { hosts, tls = true, user, password } = options;
  if (hosts.length === 0) throw new CannotOpen('The event store’s address names no host.');
  if ((user === undefined) !== (password === undefined))
    throw new CannotOpen('The event store’s user and password belong together: give both or none.');
  if (!tls && user !== undefined)
    throw new CannotOpen(
      'The event store’s address has a user and tls=false: without encryption the client drops user and password silently. Use tls=true, or leave them out.',
    );
  const files = ['tlsCaFile', 'userCertFile', 'userKeyFile'] as const;
  const file = files.find((name) => options[name] !== undefined);
  if (!tls && file !== undefined)
    throw new CannotOpen(`The event store’s address has ${file} and tls=false: leave one of them out.`);
  if ((options.userCertFile === undefined) !== (options.userKeyFile === undefined))
    throw new CannotOpen('The event store’s userCertFile and userKeyFile belong together: give both or none.');
  const limits = Object.entries(LIMITS).map(([name, [usual, least, most]]) => {
    const value = options[name as keyof EventStoreDbLimits] ?? usual;
    if (!Number.isInteger(value) || value < least || value > most)
      throw new CannotOpen(`The event store’s ${name} must be a whole number from ${least} to ${most}.`);
    return [name, value] as const;
  });
  return { ...options, ...(Object.fromEntries(limits) as EventStoreDbLimits), tls };
}

export const placeOf = ({ hosts }: EventStoreDbAddress): string =>
  hosts.map(({ name, port }) => `${name}:${port}`).join(',');
