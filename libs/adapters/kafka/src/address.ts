import { readFileSync } from 'node:fs';
import type { KafkaConnection } from './connection';
import { KafkaUnusable } from './failures';

const FORM = /^kafka:\/\/(?:([^@/?]*)@)?([^@/?]+)\/?(?:\?(.*))?$/;
const HOST = /^[^:\s]+:\d{1,5}$/;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const PARAMETERS = ['tls', 'tlsCaFile', 'sasl', 'prefix'];
const PREFIX = /^[a-zA-Z0-9._-]{1,100}$/;

/** Reads `kafka://user:password@host:9092,host:9092?tls=true&tlsCaFile=ca.pem&sasl=scram-sha-512&prefix=staging.`. */
export function kafkaAddress(text: string): KafkaConnection {
  const [, who, hosts = '', query] = FORM.exec(text.trim()) ?? [];
  const brokers = hosts.split(',');
  // The error does not repeat the text, which may contain a password.
  if (!brokers.every((broker) => HOST.test(broker)))
    throw new KafkaUnusable('Kafka’s address must look like kafka://host:9092,host:9092.');
  const given = new URLSearchParams(query);
  const unknown = [...given.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined)
    throw new KafkaUnusable(`Kafka’s address has "${unknown}", which is none of ${PARAMETERS.join(', ')}.`);
  const sasl = saslOf(who, given.get('sasl'));
  const tls = tlsOf(given.get('tls'), given.get('tlsCaFile'));
  const prefix = given.get('prefix');
  if (prefix !== null && !PREFIX.test(prefix))
    throw new KafkaUnusable('Kafka’s address has prefix, which takes letters, digits, dots, dashes and underscores.');
  return { brokers, tls, ...(sasl && { sasl }), ...(prefix !== null && { prefix }) };
}

function tlsOf(tls: string | null, caFile: string | null): KafkaConnection['tls'] {
  if (tls !== null && tls !== 'true' && tls !== 'false')
    throw new KafkaUnusable('Kafka’s address has tls, which must be true or false.');
  if (caFile === null) return tls === 'true';
  if (tls !== 'true') throw new KafkaUnusable('Kafka’s address has tlsCaFile: it requires tls=true.');
  try {
    return { ca: readFileSync(caFile, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KafkaUnusable(`Kafka’s address has tlsCaFile "${caFile}", which cannot be read (${code}).`);
  }
}

function saslOf(who: string | undefined, named: string | null): KafkaConnection['sasl'] {
  if (who === undefined && named === null) return undefined;
  const [username = '', ...rest] = (who ?? '').split(':');
  if (username === '' || rest.length === 0)
    throw new KafkaUnusable('Kafka’s address must have USER:PASSWORD before the @ where it has sasl.');
  const mechanism = MECHANISMS.find((it) => it === (named ?? 'scram-sha-512'));
  if (!mechanism) throw new KafkaUnusable(`Kafka’s address has sasl, which must be one of ${MECHANISMS.join(', ')}.`);
  return {
    mechanism,
    username: decodeURIComponent(username),
    password: decodeURIComponent(rest.join(':')),
  };
}
