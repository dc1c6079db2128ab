import { ACCESS_SETTINGS } from './access-settings';
import { LIMIT_SETTINGS } from './limit-settings';
import { KAFKA_SETTINGS } from './kafka-settings';
import { COMMON_SETTINGS, listen, oneOf, place, secret } from '@tallystick/hosting';

const KEY_FORM = /^[\x21-\x7e]{16,200}$/;
const KEY_RULE = '16 to 200 printable characters without spaces';

/** The settings of every process. Services and processes declare others. */
export const PLATFORM_SETTINGS = {
  listen: listen({
    name: 'TALLY_LISTEN',
    default: '127.0.0.1:4400',
    purpose: 'Where HTTP is served. Only this machine can reach the default; 0.0.0.0:4400 opens it to all.',
  }),
  ...ACCESS_SETTINGS,
  eventStore: place(
    {
      name: 'TALLY_EVENT_STORE',
      default: 'sqlite:.tallystick',
      purpose: 'Store of the streams, the only source of truth. Back it up.',
    },
    'sqlite',
    {
      remote: ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
      example: 'esdb://USER:PASSWORD@HOST:2113?tls=true',
    },
  ),
  views: place(
    {
      name: 'TALLY_VIEWS',
      default: 'sqlite:.tallystick',
      purpose:
        'Store of the views. Views can be deleted; they are rebuilt from the streams. In PostgreSQL, keys and job details are stored with them, otherwise with the streams.',
    },
    'sqlite',
    { remote: ['postgres', 'postgresql'], example: 'postgres://USER:PASSWORD@HOST:5432/DATABASE' },
  ),
  bus: place(
    {
      name: 'TALLY_BUS',
      default: 'embedded:.tallystick',
      purpose: 'Message bus with the topics. TLS and users of Kafka are part of its address: see Distributed form.',
    },
    'embedded',
    { remote: ['kafka'], example: 'kafka://HOST:9092,HOST:9092' },
  ),
  operatorKey: secret(
    {
      name: 'TALLY_OPERATOR_KEY',
      purpose:
        'An operator key. Unset: the first start makes one. It prints it once where this machine alone reaches `TALLY_LISTEN`, else it writes it to the file `operator-key` of the data directory.',
    },
    KEY_FORM,
    KEY_RULE,
  ),
  stripe: secret(
    {
      name: 'TALLY_STRIPE',
      purpose: 'Comes with billing: `sandbox` or a secret key. Taken and not used yet.',
    },
    /^.+$/s,
    'sandbox or a secret key',
  ),
  stripeWebhookSecrets: secret(
    {
      name: 'TALLY_STRIPE_WEBHOOK_SECRETS',
      purpose: 'Comes with billing: the secrets of webhooks, separated by commas. Taken and not used yet.',
    },
    /^.+$/s,
    'secrets separated by commas',
  ),
  ledgerKey: secret(
    {
      name: 'TALLY_LEDGER_KEY',
      purpose:
        'The internal key, by which job-intake and billing call a credit-ledger in another process. All are given the same; it opens `/internal` and nothing else.',
    },
    KEY_FORM,
    KEY_RULE,
  ),
  logLevel: oneOf(
    { name: 'TALLY_LOG_LEVEL', default: 'info', purpose: 'The least that is logged.' },
    'debug',
    'info',
    'warn',
    'error',
    'silent',
  ),
  logFormat: oneOf(
    {
      name: 'TALLY_LOG_FORMAT',
      default: 'auto',
      purpose: 'How logs look. auto: text on a terminal, else a line of JSON each.',
    },
    'auto',
    'json',
    'text',
  ),
  ...KAFKA_SETTINGS,
  ...LIMIT_SETTINGS,
  ...COMMON_SETTINGS,
} as const;
