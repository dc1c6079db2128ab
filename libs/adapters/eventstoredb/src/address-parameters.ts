import { CannotOpen } from './failures';
import type { EventStoreDbAddress } from './options';

export type Parameters = Omit<EventStoreDbAddress, 'hosts' | 'discover' | 'user' | 'password'>;
type ReadParameter = (value: string, name: string) => Parameters;

const wrong = (what: string): CannotOpen => new CannotOpen(`The event store’s address has ${what}.`);

const isTrue: ReadParameter = (value, name) => {
  if (value !== 'true' && value !== 'false') throw wrong(`${name}, which must be true or false`);
  return value === 'true' ? {} : { tls: false };
};

/** Parameter that accepts only the value that the adapter uses. */
const fixedValue =
  (wanted: string, why: string): ReadParameter =>
  (value, name) => {
    if (value.toLowerCase() !== wanted) throw wrong(`${name}=${value.slice(0, 20)}: ${why}`);
    return {};
  };

/** Time or count for other clients. It is checked and ignored: the adapter uses its own settings. */
const ignoredNumber: ReadParameter = (value, name) => {
  if (!/^-?\d{1,12}$/.test(value)) throw wrong(`${name}, which must be a whole number`);
  return {};
};

/** Parameters of connection strings in consoles and manuals. Names are not case-sensitive. */
const PARAMETERS: Readonly<Record<string, ReadParameter>> = {
  tls: (value, name) => isTrue(value, name),
  tlsCaFile: (tlsCaFile) => ({ tlsCaFile }),
  tlsVerifyCert: fixedValue('true', 'the server’s certificate is always verified; name its CA with tlsCaFile'),
  userCertFile: (userCertFile) => ({ userCertFile }),
  userKeyFile: (userKeyFile) => ({ userKeyFile }),
  connectionName: (connectionName) => ({ connectionName }),
  nodePreference: fixedValue('leader', 'only the leader’s answers are up to date'),
  throwOnAppendFailure: fixedValue('true', 'a failed append is always an error'),
  keepAliveInterval: ignoredNumber,
  keepAliveTimeout: ignoredNumber,
  gossipTimeout: ignoredNumber,
  discoveryInterval: ignoredNumber,
  maxDiscoverAttempts: ignoredNumber,
  defaultDeadline: ignoredNumber,
};
const NAMES = new Map(Object.keys(PARAMETERS).map((name) => [name.toLowerCase(), name]));

export function parameterOf(given: string, value: string): Parameters {
  const name = NAMES.get(given.toLowerCase());
  if (name === undefined)
    throw new CannotOpen(
      `The event store’s address has "${given.slice(0, 30)}", which is none of ${[...NAMES.values()].join(', ')}.`,
    );
  return PARAMETERS[name]!(value, name);
}
