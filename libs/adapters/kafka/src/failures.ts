import { withoutNodeAdvice } from '@tallystick/eventing';
import { StartupError } from '@tallystick/runtime';

/** Kafka cannot be used as it is set up. One sentence that says what differs, and what to do. */
export class KafkaUnusable extends StartupError {
  override readonly name = 'KafkaUnusable';

  constructor(
    message: string,
    /** The brokers are not there yet, as far as can be seen; nothing is wrong with the configuration. */
    readonly mayPass = false,
  ) {
    super(message);
  }
}

interface KafkaError {
  readonly name?: string;
  readonly type?: string;
  readonly message?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** The error beneath those that only say that something was tried for long enough. */
export function rootOf(error: unknown): KafkaError {
  const { cause, errors } = (error ?? {}) as KafkaError;
  if (errors?.[0] !== undefined) return rootOf(errors[0]);
  return cause !== undefined && cause !== error ? rootOf(cause) : ((error ?? {}) as KafkaError);
}

/** The broker's word for what went wrong, as `UNKNOWN_TOPIC_OR_PARTITION`; undefined where no broker answered. */
export const typeOf = (error: unknown): string | undefined => rootOf(error).type;

export const reasonOf = (error: unknown): string => {
  const { name, message } = rootOf(error);
  if (message === undefined) return String(error);
  return withoutNodeAdvice(name === undefined ? message : `${name}: ${message}`);
};

/** Nobody will mend these by trying again: the settings have to change. */
export function unusable(error: unknown, brokers: readonly string[]): KafkaUnusable | undefined {
  const { name, type, message: said = '' } = rootOf(error);
  const message = withoutNodeAdvice(said);
  const where = brokers.join(', ');
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
    return new KafkaUnusable(
      `Kafka at ${where} does not let us in (${message}): check the user, the password and the SASL mechanism.`,
    );
  if (/wrong version number/i.test(message))
    return new KafkaUnusable(`What answers at ${where} speaks no TLS: is the port right, or is tls=false meant?`);
  if (/certificate|self.signed|altname/i.test(message))
    return new KafkaUnusable(
      `The certificate of Kafka at ${where} is not trusted (${message}): give the authority that signed it.`,
    );
  if (/AUTHORIZATION_FAILED/.test(type ?? ''))
    return new KafkaUnusable(
      `Kafka at ${where} does not allow this user to do what is needed (${message}): give it the rights to describe, create, read and write our topics.`,
    );
  return undefined;
}

/** These tell a member of a group that it is none any more, or not of this generation: it has to join again. */
const MEMBERSHIP = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
]);
export const isMembershipLost = (error: unknown): boolean => MEMBERSHIP.has((error as KafkaError)?.type ?? '');
