import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { call, startOneProcess } from '../support/server';
import { until } from '../support/until';
import { event, live } from './life';
import { keptBy } from './survives';

interface Embedded {
  readonly EmbeddedBus: {
    open(file: string): Promise<{ publish(topic: string, messages: object[]): Promise<void>; close(): Promise<void> }>;
  };
}

/**
 * Creates a data directory with a built product, and a file with the data that must survive. Usage:
 * `npm run build && node dist/test/data-directories/main.js PRODUCT test/data-directories/NAME`, where PRODUCT is a built
 * checkout of the version, with its node_modules.
 */
async function main([product, target]: readonly string[]): Promise<void> {
  if (product === undefined || target === undefined) throw new Error('Give PRODUCT and TARGET.');
  const data = mkdtempSync(join(tmpdir(), 'tallystick-made-'));
  const options = { root: resolve(product), environment: { TALLY_SNAPSHOT_EVERY: '10' } };
  const publish = publisher(options.root, join(data, 'bus.db'));

  const first = await startOneProcess(data, options);
  const { operator } = first.keys;
  const left = await live(first.url, operator);
  await first.process.stop();

  await publish([{ key: 'acme', value: Buffer.from('{ no JSON'), headers: {} }]);
  const second = await startOneProcess(data, options);
  const letters = () => call(`${second.url}/v1/ops/dead-letters`, { key: operator });
  await until(async () => (await letters()).body.data.length === 2);
  const kept = await keptBy(second.url, operator);
  const deadLetters = (await letters()).body.data.map(letterOf);
  await second.process.stop();

  const submitted = ['acme', 'borealis', 'dorado'].map((organizationId) => ({
    organizationId,
    id: 'unread',
  }));
  const completed = { organizationId: 'dorado', id: 'open-3' };
  const job = { operation: 'document-extraction', usage: { pages: 3 } };
  await publish([
    ...submitted.map((data) => messageOf('job.submitted', { ...data, ...job })),
    messageOf('job.completed', completed),
    { key: 'dorado', value: Buffer.from('{ no JSON, unread'), headers: {} },
  ]);
  const unread = { submitted, completed, bad: '{ no JSON, unread' };

  mkdirSync(target, { recursive: true });
  const expected = { operator, demo: first.keys, ...left, ...kept, deadLetters, unread };
  writeFileSync(join(target, 'must-survive.json'), `${JSON.stringify(expected, undefined, 1)}\n`);
  // Without names, times and owners of this machine, so that the archive is reproducible.
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go='];
  execFileSync('tar', [...plain, '-I', 'gzip -9n', '-cf', join(target, 'data.tar.gz'), '-C', data, '.']);
  rmSync(data, { recursive: true });
  process.stderr.write(`${readFileSync(join(target, 'data.tar.gz')).length} bytes\n`);
}

/** Publishes with the adapter of the product while no server runs, so that the messages stay unread. */
const publisher = (root: string, file: string) => async (messages: object[]) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- of another version than this file's
  const embedded = require(join(root, 'dist/libs/adapters/embedded/src/index.js')) as Embedded;
  const bus = await embedded.EmbeddedBus.open(file);
  await bus.publish('jobs.lifecycle', messages);
  await bus.close();
};

const messageOf = (type: string, data: { readonly organizationId: string; readonly id: string }) => ({
  key: data.organizationId,
  value: Buffer.from(JSON.stringify(event(type, `${data.organizationId}-${data.id}`, data))),
  headers: { 'content-type': 'application/cloudevents+json' },
});

const letterOf = ({ class: of, key, reason, value }: Record<string, unknown>) => ({ class: of, key, reason, value });

void main(process.argv.slice(2));
