import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describeWithPostgres } from '../../support/postgres/describe-with-postgres';
import { aTable, put, replicas } from './sessions';

const WORKSPACE = resolve(__dirname, '../../..');
const LEADER = join(WORKSPACE, 'test/support/postgres/stoppable-leader.ts');

describeWithPostgres('A leader that is stopped for longer than its lease', (postgres) => {
  it('has lost its lease to another process when it resumes, and commits nothing', async () => {
    const table = aTable('shelves');
    const processes = replicas(postgres);
    const options = JSON.stringify({ url: postgres().url(), schema: processes.schema, table });
    const leader = spawn(process.execPath, ['-r', '@swc-node/register', LEADER, options], {
      cwd: WORKSPACE,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(leader, 'exit');
    try {
      const lines = createInterface({ input: leader.stdout })[Symbol.asyncIterator]();
      const line = async () => ((await lines.next()) as { value: string }).value;
      expect(await line()).toBe('leads');
      leader.stdin.write('more\n');
      expect(await line()).toBe('committed');
      leader.kill('SIGSTOP');
      const { store } = await processes.open();
      await store.open([table]);
      const signal = new AbortController().signal;
      expect(await store.acquireLease([table], { signal })).toBeUndefined();
      // It cannot respond to a request for the lease, so the server revokes it.
      const lead = await store.acquireLease([table], { signal, preempt: true });
      expect([lead?.ended.aborted, (await store.checkpoint(table)).position]).toEqual([false, 2]);
      // The view is at the position that it expects: only the lost lease prevents the write.
      leader.stdin.write('more\n');
      leader.kill('SIGCONT');
      expect(await line()).toBe('StoreUnavailable');
      await store.commit([put(table, 2, 3, 30)]);
      leader.stdin.write('more\n');
      expect(await line()).toBe('StoreUnavailable');
      expect(await store.find(table, {})).toEqual([{ shelf: 'a', sum: 30 }]);
    } finally {
      leader.kill('SIGCONT');
      leader.kill('SIGKILL');
      await exited;
      await processes.closeAll();
    }
  });
});
