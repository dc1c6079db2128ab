import { withoutNodeAdvice } from '@tallystick/runtime';
import { StartupError } from '@tallystick/runtime';

/** Kafka cannot be used as it is configured. The message is a sentence for the operator. */
export class KafkaUnusable extends StartupError {
  override readonly name = 'KafkaUnusable';

  constructor(
    message: string,
    /** True if the brokers may only be starting and the configuration may be right. */
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

/** Root cause of an error about exhausted retries. */
export function rootOf(error: unknown): KafkaError {
  const { cause, errors } = (error ?? {}) as KafkaError;
  if (errors?.[0] !== undefined) return rootOf(errors[0]);
  return cause !== undefined && cause !== error ? rootOf(cause) : ((error ?? {}) as KafkaError);
}

/** Error code of the broker, such as `UNKNOWN_TOPIC_OR_PARTITION`. Undefined if no broker responded. */
export const typeOf = (error: unknown): string | undefined => rootOf(error).type;

export const reasonOf = (error: unknown): string => {
  const { name, message } = rootOf(error);
  if (message === undefined) return String(error);
  return withoutNodeAdvice(name === undefined ? message : `${name}: ${message}`);
};

/** Permanent errors, which require a change of the settings. */
export function unusable(error: unknown, brokers: readonly string[]): KafkaUnusable | undefined {
  const { name, type, message: said = '' } = rootOf(error);
  const message = withoutNodeAdvice(said);
  const where = brokers.join(', ');
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
    return new KafkaUnusable(
      `Kafka at ${where} rejects the login (${message}): check the user, the password and the SASL mechanism.`,
    );
  if (/wrong version number/i.test(message))
    return new KafkaUnusable(`The server at ${where} does not use TLS: check the port, or set tls=false.`);
  if (/certificate|self.signed|altname/i.test(message))
    return new KafkaUnusable(
      `The certificate of Kafka at ${where} is not trusted (${message}): set tlsCaFile to the certificate authority that signed it.`,
    );
  if (/AUTHORIZATION_FAILED/.test(type ?? ''))
    return new KafkaUnusable(
      `Kafka at ${where} denies a required operation (${message}): allow this user to describe, create, read and write the topics.`,
    );
  return undefined;
}

/** Errors for a process that is no longer a member of the group or of its generation and has to join again. */
const MEMBERSHIP = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
]);
export const isMembershipLost = (error: unknown): boolean => MEMBERSHIP.has((error as KafkaError)?.type ?? '');
