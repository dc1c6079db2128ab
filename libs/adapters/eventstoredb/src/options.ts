import { CannotOpen } from './failures';

export interface EventStoreDbHost {
  readonly name: string;
  readonly port: number;
}

/** Hosts and credentials. `eventStoreDbAddress` parses them from `esdb://…`. */
export interface EventStoreDbAddress {
  /** One host, or some members of a cluster, which provide the others. */
  readonly hosts: readonly EventStoreDbHost[];
  /** Also discovers the cluster if there is only one host. */
  readonly discover?: boolean;
  /** Default true. */
  readonly tls?: boolean;
  /** PEM file. Default: the certificates that Node trusts. */
  readonly tlsCaFile?: string;
  /** PEM files of a user certificate and its key, instead of a password. */
  readonly userCertFile?: string;
  readonly userKeyFile?: string;
  /** Name in the server's log and statistics. Default: host name and process id. */
  readonly connectionName?: string;
  readonly user?: string;
  readonly password?: string;
}

/** Limits in milliseconds, bytes or counts: [default, minimum, maximum]. */
const LIMITS = {
  /** Time for the first response; then the start fails. */
  openTimeoutMs: [5_000, 50, 120_000],
  /** Time for an append; then its outcome is unknown. The client has no deadline for batch appends. */
  appendTimeoutMs: [5_000, 50, 120_000],
  /** Time without data from the server; then the read fails. */
  readTimeoutMs: [10_000, 50, 120_000],
  /** Time for the response to a keep-alive ping, sent every 10 seconds; then the connection is closed. */
  keepAliveTimeoutMs: [5_000, 100, 120_000],
  /** Time for retries of transient read failures, from the first failure on. Longer than an election. */
  electionMs: [7_000, 0, 120_000],
  /** Longest delay before the next subscription; the first delay is 1/50 of it. */
  resubscribeMs: [5_000, 50, 60_000],
  /** Number of events of other streams after which the server sends a checkpoint. */
  checkpointEvents: [1_000, 1, 100_000],
  /**
   * Size of one append. A message over 16 MiB would break the shared call. The server's limit (`MaxAppendSize`) is 1
   * MiB by default.
   */
  maxAppendBytes: [1024 * 1024, 1024, 8 * 1024 * 1024],
} as const;

type EventStoreDbLimits = { readonly [Name in keyof typeof LIMITS]: number };

export interface EventStoreDbOptions extends EventStoreDbAddress, Partial<EventStoreDbLimits> {
  /** Prefixes of the streams whose events `grown` waits for. Empty: all except system streams. */
  readonly prefixes?: readonly string[];
  /** Called each time the server refuses or ends the subscription, except for a lost connection. */
  readonly subscriptionRefused?: () => void;
}

export type EventStoreDbSettings = EventStoreDbOptions & EventStoreDbLimits & { readonly tls: boolean };

/** Completes and checks the options. */
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
