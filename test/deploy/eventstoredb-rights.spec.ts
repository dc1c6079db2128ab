import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestServer } from '../support/eventstoredb/server';

const SCRIPT = join(__dirname, '../../deploy/eventstoredb-rights.cjs');
const run = (...args: string[]) => promisify(execFile)(process.execPath, [SCRIPT, ...args]);
const MAY = ['$admins', 'tallystick', 'reports'];

test('the user gets every permission that Tallystick needs, and only administrators may delete', async () => {
  const server = await TestServer.start();
  try {
    const { stdout } = await run(server.address, 'tallystick', 'reports');
    expect(stdout).toContain('tallystick, reports may read $all');
    const newest = (stream: string): unknown =>
      JSON.parse(Buffer.from(server.log.events.filter((event) => event.stream === stream).at(-1)!.data).toString());
    expect(newest('$$$all')).toEqual({ $acl: { $r: MAY } });
    expect(newest('$settings')).toMatchObject({
      $userStreamAcl: { $r: MAY, $w: MAY, $mr: MAY, $mw: MAY, $d: '$admins' },
    });
  } finally {
    await server.stop();
  }
});

test('without a user it changes nothing and reports what is missing', async () => {
  await expect(run('esdb://localhost:1?tls=false')).rejects.toThrow(/at least one user/);
});
