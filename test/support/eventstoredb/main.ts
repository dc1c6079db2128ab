import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { AppendFault } from './faults';
import { selfSigned } from '../certificate';
import { TestServer } from './server';

const HELP = `The next append: cut | black hole | store, then cut | store, then black hole | delay MILLISECONDS
The connections: cut connections | stall | resume | restart
The server: terminate (as SIGTERM, then up again) | clock MILLISECONDS (how far its clock is ahead) | statistics`;

/** Commands from standard input, one per line. Each is acknowledged with "ok". */
async function obey(server: TestServer, order: string): Promise<string> {
  const delay = /^delay (\d+)$/.exec(order)?.[1];
  const offset = /^clock (-?\d+)$/.exec(order)?.[1];
  if (delay !== undefined) server.faults.add({ delay: Number(delay) });
  else if (offset !== undefined) server.clock.offsetMs = Number(offset);
  else if (order === 'terminate') await server.terminate().then(() => server.up());
  else if (order === 'statistics') server.ownEvents.writeStatistics();
  else if (order === 'cut connections') server.link.cut();
  else if (order === 'stall') server.link.stall();
  else if (order === 'resume') server.link.resume();
  else if (order === 'restart') await server.restart();
  else if (/^(store, then )?(cut|black hole)$/.test(order)) server.faults.add(order as AppendFault);
  else return HELP;
  return 'ok';
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '2113' },
      host: { type: 'string', default: '127.0.0.1' },
      file: { type: 'string' },
      user: { type: 'string' },
      password: { type: 'string' },
      tls: { type: 'boolean', default: false },
      projections: { type: 'boolean', default: false },
      timing: { type: 'string', default: 'real' },
      'stop-ms': { type: 'string', default: '0' },
    },
  });
  const { host, file, user, password, projections } = values;
  const tls = values.tls ? selfSigned() : undefined;
  if (values.tls && !tls)
    throw new Error(
      '--tls needs openssl to create a certificate, and openssl is not installed. Install it, or leave --tls out.',
    );
  const server = await TestServer.start({
    host,
    port: Number(values.port),
    file,
    tls,
    projections,
    timing: values.timing === 'quick' ? 'quick' : 'real',
    user: user === undefined ? undefined : { name: user, password: password ?? '' },
  });
  const where = file === undefined ? 'in memory: it is lost when the server stops' : `in ${file}`;
  console.log(`NOT EventStoreDB, but Tallystick's test server for it. Do not store real data in it. Log ${where}.`);
  console.log(`listening on ${host}:${server.port}${tls ? ' (TLS)' : ''}`);
  createInterface({ input: process.stdin }).on('line', (line) => {
    void obey(server, line.trim()).then((answer) => console.log(answer));
  });
  const stop = () => void server.terminate(Number(values['stop-ms'])).then(() => process.exit(0));
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
