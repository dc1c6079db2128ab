import { ACCESS_SETTINGS } from './access-settings';
import { LIMIT_SETTINGS } from './limit-settings';
import { KAFKA_SETTINGS } from './kafka-settings';
import { listen, oneOf, place, secret, text, urls, whole } from '@tallystick/hosting';

const KEY_FORM = /^[\x21-\x7e]{16,200}$/;
const KEY_RULE = '16 to 200 printable characters without spaces';

/** Every setting there is. The table in docs/operating/settings.md is generated from it, in this order. */
export const SETTINGS = {
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
      purpose: 'Where the streams live, the only truth: back this up.',
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
        'Where the views live; they may be deleted and are built anew. In PostgreSQL keys and job details lie beside them, else beside the streams.',
    },
    'sqlite',
    { remote: ['postgres', 'postgresql'], example: 'postgres://USER:PASSWORD@HOST:5432/DATABASE' },
  ),
  bus: place(
    {
      name: 'TALLY_BUS',
      default: 'embedded:.tallystick',
      purpose: 'Where the topics live. TLS and users of Kafka are part of its address: see Distributed form.',
    },
    'embedded',
    { remote: ['kafka'], example: 'kafka://HOST:9092,HOST:9092' },
  ),
  catalog: text(
    {
      name: 'TALLY_CATALOG',
      default: 'catalogs/iteration-layer.yaml',
      purpose: 'The catalog: what is sold, at which rates. The default shows the most: trials, plans, pay-as-you-go.',
    },
    'the path of a catalog file (YAML)',
  ),
  demo: oneOf(
    {
      name: 'TALLY_DEMO',
      default: 'auto',
      purpose:
        'Whether the first start of the standalone form makes a demo organization (`--no-demo`: off). auto: only where `TALLY_LISTEN` is an address that this machine alone reaches.',
    },
    'auto',
    'on',
    'off',
  ),
  projectKeysMayEndJobs: oneOf(
    {
      name: 'TALLY_PROJECT_KEYS_MAY_END_JOBS',
      default: 'off',
      purpose:
        'Whether project keys may report outcomes and heartbeats, for jobs of their project. Off: only service and operator keys, and the bus.',
    },
    'on',
    'off',
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
  ledgerUrls: urls({
    name: 'TALLY_LEDGER_URL',
    purpose:
      'job-intake in a process of its own only: the TALLY_INTERNAL_LISTEN of its credit-ledger, of each replica or of all by one name.',
  }),
  ledgerKey: secret(
    {
      name: 'TALLY_LEDGER_KEY',
      purpose:
        'The internal key, by which job-intake calls a credit-ledger in another process. Both are given the same; it opens `/internal` and nothing else.',
    },
    KEY_FORM,
    KEY_RULE,
  ),
  ledgerTimeoutMilliseconds: whole(
    {
      name: 'TALLY_LEDGER_TIMEOUT_MS',
      default: '5000',
      purpose: 'Milliseconds job-intake waits for one answer of its credit-ledger; it asks again once or twice.',
    },
    100,
    60_000,
  ),
  ledgerWaiting: whole(
    {
      name: 'TALLY_LEDGER_MAX_WAITING',
      default: '5000',
      purpose:
        'The most jobs that wait in job-intake for its credit-ledger; what comes beyond is told at once to come again (503).',
    },
    1,
    1_000_000,
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
} as const;
