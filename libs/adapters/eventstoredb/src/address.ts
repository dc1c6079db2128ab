import { CannotOpen } from './failures';
import type { Address, Host } from './options';

const FORM = /^(?:esdb|kurrentdb)(\+discover)?:\/\/(?:([^@/?]*)@)?([^@/?]+)\/?(?:\?(.*))?$/;
const DEFAULT_PORT = 2113;
const ENCODE =
  'The event store’s address cannot be read: in user, password and tlsCaFile write %40 for @, %2F for /, %3A for :, %3F for ? and %25 for %.';

/** Reads `esdb://user:password@host:2113,host:2113?tls=true&tlsCaFile=ca.pem`, and `esdb+discover://name`. */
export function eventStoreDbAddress(text: string): Address {
  const [, discover, who, hosts, query] = FORM.exec(text.trim()) ?? [];
  // The text itself is not repeated: it may hold a password.
  if (hosts === undefined)
    throw new CannotOpen('The event store’s address must look like esdb://host:2113?tls=true.');
  // The query is not repeated either: a ? in a password would have made it.
  if (query?.includes('@')) throw new CannotOpen(ENCODE);
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => parameter(name, value));
  const address: Address = Object.assign({}, ...parameters, {
    hosts: hosts.split(',').map(hostOf),
    discover: discover !== undefined,
  }) as Address;
  return who === undefined ? address : { ...address, ...credentialsOf(who) };
}

function hostOf(text: string): Host {
  const [, name, port] = /^([^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if (name === undefined || number < 1 || number > 65_535)
    throw new CannotOpen(`The event store’s address has "${text}" where HOST:PORT belongs.`);
  return { name, port: number };
}

function credentialsOf(text: string): { user: string; password: string } {
  const [user = '', ...password] = text.split(':');
  if (user === '' || password.length === 0)
    throw new CannotOpen('The event store’s address must have USER:PASSWORD before the @.');
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password.join(':')) };
  } catch {
    throw new CannotOpen(ENCODE);
  }
}

function parameter(name: string, value: string): Partial<Address> {
  if (name === 'tlsCaFile') return { tlsCaFile: value };
  if (name !== 'tls')
    throw new CannotOpen(`The event store’s address has "${name}", which is none of tls, tlsCaFile.`);
  if (value !== 'true' && value !== 'false')
    throw new CannotOpen('The event store’s address has tls, which must be true or false.');
  return { tls: value === 'true' };
}
