import { join } from 'node:path';
import { SqliteRecordStore } from '@tallystick/adapters/embedded';
import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { newDirectory, removeDirectories, startStandalone, type Standalone } from '../support/server';

let server: Standalone;
const data = newDirectory();
const start = async () =>
  void (server = await startStandalone(data, { flags: ['--catalog', 'catalogs/leapocr.yaml'] }));
const stop = async () => expect(await server.process.stop()).toBe(0);
afterAll(async () => {
  await stop();
  removeDirectories();
});

const post = (organizationId: string, ...events: readonly [type: string, data: object][]) => {
  const batch = events.map(([type, more], at) => ({
    specversion: '1.0',
    id: `${organizationId}-${at}`,
    source: 'test',
    type: `tallystick.job.${type}`,
    data: { organizationId, ...more },
  }));
  const types = { 'content-type': 'application/cloudevents-batch+json' };
  return caller(server, 'service')('POST', '/v1/events', batch, types);
};
const job = (id: string) => ({ id, operation: 'standard-v2', usage: { pages: 4 } });
const parked = async () =>
  (await caller(server, 'operator')('GET', '/v1/ops/parked-organizations')).body.data as {
    waiting: number;
  }[];

/** Writes the record of a quarantine, like a process that met a damaged stream. */
async function stopOrganization(organizationId: string): Promise<void> {
  const records = await SqliteRecordStore.open(join(data, 'records.db'));
  const value = { why: 'a bug', since: '2026-11-21T09:30:00.000Z' };
  await records.putNew('parked-organizations', { key: organizationId, value });
  await records.close();
}

test('messages of a stopped organization stay parked over restarts until it is released; others continue', async () => {
  await start();
  const id = await organizationWith(server, 100);
  const other = await organizationWith(server, 100);
  await stop();
  await stopOrganization(id);
  await start();
  await post(id, ['completed', { id: 'a', usage: { pages: 3 } }], ['submitted', job('a')]);
  await stop();
  await start();
  await post(id, ['submitted', job('b')]);
  await post(other, ['submitted', job('a')]);
  const seen = await eventually(parked, ([first]) => first?.waiting === 3);
  expect(seen).toEqual([{ organizationId: id, why: 'a bug', since: expect.any(String), waiting: 3 }]);
  await eventually(
    () => balanceOf(server, other),
    ({ reserved }) => reserved === 4,
  );
  expect(await balanceOf(server, id)).toMatchObject({ available: 100, reserved: 0, consumed: 0 });

  const release = () => caller(server, 'operator')('POST', `/v1/ops/parked-organizations/${id}/release`);
  expect((await release()).body).toEqual({ organizationId: id, state: 'running', decided: 3 });
  await eventually(
    () => balanceOf(server, id),
    ({ reserved }) => reserved === 4,
  );
  expect(await balanceOf(server, id)).toMatchObject({ available: 93, reserved: 4, consumed: 3 });
  expect(await parked()).toEqual([]);
  expect((await release()).body.decided).toBe(0);
  await post(id, ['submitted', job('c')]);
  await eventually(
    () => balanceOf(server, id),
    ({ reserved }) => reserved === 8,
  );
}, 90_000);
