import { InMemoryViewStore } from '@tallystick/eventing-testing';
import { Leadership } from './leadership';
import type { Lease } from '../ports/view-store';

class LeasedViews extends InMemoryViewStore {
  lease: AbortController | undefined;
  readonly acquisitions: boolean[] = [];

  override async acquireLease(_: unknown, { preempt = false }: { preempt?: boolean }): Promise<Lease | undefined> {
    this.acquisitions.push(preempt);
    if (this.lease) return undefined;
    const lease = (this.lease = new AbortController());
    return { ended: lease.signal, release: async () => void (this.lease = undefined) };
  }
}

const open = (onAcquired = () => Promise.resolve()) => {
  const [store, stop] = [new LeasedViews(), new AbortController()];
  const leadership = new Leadership({ store, tables: [], signal: stop.signal, onAcquired });
  const roles: string[] = [];
  const remove = leadership.on({ onLeader: () => roles.push('leader'), onFollower: () => roles.push('follower') });
  return { store, stop, leadership, roles, remove };
};

it('calls its listeners when the lease is acquired and when it ends', async () => {
  const { store, leadership, roles } = open();
  expect([leadership.isLeader, roles]).toEqual([false, []]);
  expect([await leadership.acquire(), await leadership.acquire(), leadership.isLeader]).toEqual([true, true, true]);
  expect([roles, store.acquisitions]).toEqual([['leader'], [false]]);
  store.lease!.abort();
  expect([leadership.isLeader, leadership.ended.aborted, roles]).toEqual([false, true, ['leader', 'follower']]);
  await leadership.acquire(true);
  expect([roles, store.acquisitions]).toEqual([
    ['leader', 'follower', 'leader'],
    [false, true],
  ]);
});

it('ends with a release, once', async () => {
  const { store, leadership, roles } = open();
  await leadership.acquire();
  const { ended } = leadership;
  await leadership.release();
  await leadership.release();
  expect([ended.aborted, leadership.isLeader, store.lease, roles]).toEqual([
    true,
    false,
    undefined,
    ['leader', 'follower'],
  ]);
});

it('calls a listener that comes later at once, with the signal of the end, and none that was removed', async () => {
  const { leadership, roles, remove } = open();
  await leadership.acquire();
  let ended: AbortSignal | undefined;
  leadership.on({ onLeader: (signal) => (ended = signal) });
  expect(ended?.aborted).toBe(false);
  remove();
  await leadership.release();
  expect([ended?.aborted, roles]).toEqual([true, ['leader']]);
});

it('is no leader while another process holds the lease', async () => {
  const { store, leadership, roles, stop } = open();
  store.lease = new AbortController();
  expect([await leadership.acquire(), leadership.isLeader, roles]).toEqual([false, false, []]);
  expect(leadership.ended).toBe(stop.signal);
});

it('announces nothing before what is known of the views was read again', async () => {
  let read = () => {};
  const { leadership, roles } = open(() => new Promise((resolve) => (read = resolve)));
  const acquired = leadership.acquire();
  await new Promise(setImmediate);
  expect([leadership.isLeader, roles]).toEqual([false, []]);
  read();
  await acquired;
  expect([leadership.isLeader, roles]).toEqual([true, ['leader']]);
});

it('releases the lease where that fails', async () => {
  const { store, leadership, roles } = open(() => Promise.reject(new Error('the views are away')));
  await expect(leadership.acquire()).rejects.toThrow('the views are away');
  expect([store.lease, leadership.isLeader, roles]).toEqual([undefined, false, []]);
});

it('announces nothing where the lease ended in between', async () => {
  const { store, leadership, roles } = open(async () => store.lease!.abort());
  await leadership.acquire();
  expect([leadership.isLeader, roles]).toEqual([false, []]);
});
