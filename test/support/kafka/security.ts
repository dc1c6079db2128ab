import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const USER = 'ledger';
export const PASSWORD = 'a password of several words';
const STORE_PASSWORD = 'only-for-tests';

export interface BrokerKeys {
  readonly store: string;
  /** PEM of the certificate that clients trust. */
  readonly certificate: string;
}

/** A key and a self-signed certificate for localhost. */
export function makeKeys(directory: string): BrokerKeys {
  const store = join(directory, 'keys.p12');
  const common = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD, '-alias', 'kafka'];
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1'];
  execFileSync('keytool', ['-genkeypair', '-keyalg', 'EC', '-validity', '2', ...names, ...common], {
    stdio: 'ignore',
  });
  const certificate = execFileSync('keytool', ['-exportcert', '-rfc', ...common], { encoding: 'utf8' });
  return { store, certificate };
}

/** Arguments of the storage tool, which creates the first users when it formats the storage. */
export const SCRAM_USERS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(
  (mechanism) => `${mechanism}=[name=${USER},password=${PASSWORD}]`,
);

export const securitySettings = ({ store }: BrokerKeys): Record<string, string> => {
  const listener = 'listener.name.secured';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: scram,
    [`${listener}.ssl.keystore.type`]: 'PKCS12',
    [`${listener}.ssl.keystore.location`]: store,
    [`${listener}.ssl.keystore.password`]: STORE_PASSWORD,
  };
};
