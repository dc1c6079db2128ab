import { parseArgs } from 'node:util';
import { findPostgres } from '../postgres/cluster';
import { whyNoKafka } from '../kafka/jars';
import { Installation } from './installation';
import { TestServers } from './test-servers';

const HELP = `Starts the distributed form on this machine, without containers: a real Kafka, PostgreSQL, two ledgers, two processes of billing and an intake.

  --port N        of the one address for callers (default 4400)
  --ledgers N     replicas of the ledger (default 2)
  --billing N     replicas of billing (default 2)
  --catalog FILE  operations, prices and plans
  EVENTSTORE_URL  a real EventStoreDB to keep the streams in; without it a test server is used

Ctrl-C stops all processes and deletes the data of Kafka, PostgreSQL and the test server.`;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4400' },
      ledgers: { type: 'string', default: '2' },
      billing: { type: 'string', default: '2' },
      catalog: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(HELP);
  const why = findPostgres() === undefined ? 'PostgreSQL was not found (its initdb is needed)' : whyNoKafka();
  if (why !== undefined) throw new Error(`The distributed form cannot be started here: ${why}.`);
  const real = process.env['EVENTSTORE_URL'];
  say('Starting Kafka and PostgreSQL …');
  const servers = await TestServers.start();
  const stop = stopper(async () => servers.stop());
  const share = await servers.share();
  say(
    real === undefined
      ? 'No EVENTSTORE_URL is set: Tallystick’s TEST SERVER is used instead of EventStoreDB. It stores nothing durably.'
      : 'Streams are in the EventStoreDB of EVENTSTORE_URL.',
  );
  const installation = await Installation.start({
    environment: {
      ...share.environment,
      ...(real !== undefined && { TALLY_EVENT_STORE: real }),
      ...settingsOf(process.env),
    },
    flags: values.catalog === undefined ? [] : ['--catalog', values.catalog],
    ledgers: Number(values.ledgers),
    billing: Number(values.billing),
    port: Number(values.port),
  });
  stop.first(async () => void (await installation.stop()));
  for (const one of installation.processes) void one.ended.then((code) => stop.ended(code));
  const { url, keys, organizationId } = await installation.demo();
  say(`
Tallystick runs distributed on ${url}
  ledgers       ${installation.ledgerUrls.join(' ')}
  Kafka         ${servers.kafka.addresses.join(',')}, topics ${share.prefix}*
  PostgreSQL    ${share.environment['TALLY_VIEWS']}

The demo organization's keys:
  project       ${keys.project}
  organization  ${keys.organization}
  service       ${keys.service}
  operator      ${keys.operator}

Try:
  export TALLY_URL=${url} TALLY_KEY=${keys.operator}
  npx tally balance ${organizationId}
  npx tally verify`);
}

/** Runs the stop steps once, in reverse order of the starts, on a signal or when a process ends. */
function stopper(last: () => Promise<void>) {
  const steps = [last];
  let stopping = false;
  const end = async (exitCode: number) => {
    if (stopping) return;
    stopping = true;
    say('Stopping …');
    for (const step of steps) await step().catch((error: Error) => say(error.message));
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(0));
  return {
    first: (step: () => Promise<void>) => void steps.unshift(step),
    ended: (code: number | NodeJS.Signals) => {
      if (!stopping) say(`One of the processes has ended (${code}).`);
      void end(1);
    },
  };
}

/** Settings for the services from the environment, except the addresses that this program chooses. */
function settingsOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const ours = Object.entries(environment).filter(([name]) => name.startsWith('TALLY_'));
  const decided = new Set([
    'TALLY_EVENT_STORE',
    'TALLY_BUS',
    'TALLY_VIEWS',
    'TALLY_LISTEN',
    'TALLY_INTERNAL_LISTEN',
    'TALLY_LEDGER_URL',
    'TALLY_BILLING_URL',
  ]);
  return Object.fromEntries(ours.filter(([name]) => !decided.has(name))) as Record<string, string>;
}

main().catch((error: Error) => {
  say(error.message);
  process.exit(1);
});
