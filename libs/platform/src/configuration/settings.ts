import { LIMIT_SETTINGS } from './limit-settings';
import { listen, oneOf, place, secret, text, url, whole } from './setting';

const KEY_FORM = /^[\x21-\x7e]{16,200}$/;
const KEY_RULE = '16 to 200 printable characters without spaces';

/** Every setting there is. docs/operating.md's table is written from it, in this order. */
export const SETTINGS = {
  listen: listen({
    name: 'TALLY_LISTEN',
    default: '127.0.0.1:4400',
    purpose: 'Where HTTP is served. Only this machine can reach the default; 0.0.0.0:4400 opens it to all.',
  }),
  eventStore: place(
    {
      name: 'TALLY_EVENT_STORE',
      default: 'sqlite:.tallystick',
      purpose: 'Where the streams live, the only truth: back this up. Keys and job details lie beside them.',
    },
    'sqlite',
    ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'],
  ),
  views: place(
    {
      name: 'TALLY_VIEWS',
      default: 'sqlite:.tallystick',
      purpose: 'Where the views live; they may be deleted and are built anew.',
    },
    'sqlite',
    ['postgres', 'postgresql'],
  ),
  bus: place(
    {
      name: 'TALLY_BUS',
      default: 'embedded:.tallystick',
      purpose: 'Where the topics live.',
    },
    'embedded',
    ['kafka'],
  ),
  catalog: text(
    {
      name: 'TALLY_CATALOG',
      default: 'catalogs/iteration-layer.yaml',
      purpose:
        'The catalog: what is sold, at which rates. The default shows the most: trials, plans, pay-as-you-go.',
    },
    'the path of a catalog file (YAML)',
  ),
  demo: oneOf(
    {
      name: 'TALLY_DEMO',
      default: 'on',
      purpose: 'Whether the first start of the standalone form makes a demo organization (`--no-demo`).',
    },
    'on',
    'off',
  ),
  operatorKey: secret(
    {
      name: 'TALLY_OPERATOR_KEY',
      purpose: 'An operator key. Unset: the first start makes one and prints it once.',
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
  ledgerUrl: url({
    name: 'TALLY_LEDGER_URL',
    purpose: 'job-intake in a process of its own only: where its credit-ledger listens.',
  }),
  ledgerKey: secret(
    {
      name: 'TALLY_LEDGER_KEY',
      purpose: 'job-intake in a process of its own only: a service key of its credit-ledger.',
    },
    KEY_FORM,
    KEY_RULE,
  ),
  ledgerTimeoutMilliseconds: whole(
    {
      name: 'TALLY_LEDGER_TIMEOUT_MS',
      default: '5000',
      purpose:
        'Milliseconds job-intake waits for one answer of its credit-ledger; it asks again once or twice.',
    },
    100,
    60_000,
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
  ...LIMIT_SETTINGS,
} as const;
