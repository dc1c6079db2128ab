import { CannotOpen } from './failures';
import { type Parameters, parameterOf } from './address-parameters';
import type { EventStoreDbAddress, EventStoreDbHost } from './options';

const FORM = /^(?:esdb|kurrentdb)(\+discover)?:\/\/(?:([^@/?]*)@)?([^@/?]+)\/?(?:\?(.*))?$/;
const HOST = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i;
const DEFAULT_PORT = 2113;
const ENCODE =
  'The event store’s address cannot be read: in user, password and file names write %40 for @, %2F for /, %3A for :, %3F for ? and %25 for %.';

/** Reads `esdb://user:password@host:2113,[::1]:2113?tls=true&tlsCaFile=ca.pem`, and `esdb+discover://name`. */
export function eventStoreDbAddress(text: string): EventStoreDbAddress {
  const [, discover, who, hosts, query] = FORM.exec(text.trim()) ?? [];
  // The error does not repeat any part of the text: without the @, the password may be anywhere in it.
  if (hosts === undefined) throw new CannotOpen('The event store’s address must look like esdb://host:2113?tls=true.');
  // An unescaped ? in the password starts the query.
  if (query?.includes('@')) throw new CannotOpen(ENCODE);
  const where = { hosts: hosts.split(',').map(hostOf), discover: discover !== undefined };
  const parameters = [...new URLSearchParams(query)].map(([name, value]) => parameterOf(name, value));
  const address: EventStoreDbAddress = { ...(Object.assign({}, ...parameters) as Parameters), ...where };
  return who === undefined ? address : { ...address, ...credentialsOf(who) };
}

function hostOf(text: string, at: number): EventStoreDbHost {
  const [, name, port] = HOST.exec(text) ?? [];
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if (name === undefined || number < 1 || number > 65_535)
    throw new CannotOpen(
      `The event store’s address has no HOST:PORT as host ${at + 1}: is the @ after USER:PASSWORD missing? Write an IPv6 address in brackets.`,
    );
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
