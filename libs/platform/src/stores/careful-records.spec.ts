import { StoreUnavailable, StoreUnwritable, UnknownOutcome } from '@tallystick/eventing';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { careful } from './careful-records';

class Away extends InMemoryRecordStore {
  error: Error = new StoreUnavailable('away');
  override put(): Promise<void> {
    return Promise.reject(this.error);
  }
  override replace(): Promise<boolean> {
    return Promise.reject(this.error);
  }
  override remove(): Promise<void> {
    return Promise.reject(this.error);
  }
  override get(): Promise<never> {
    return Promise.reject(this.error);
  }
}

const record = { key: 'k', value: 1 };

test('whether a write was stored is unknown when the store is away; a read has no outcome', async () => {
  const records = careful(new Away());
  await expect(records.put('c', [record])).rejects.toThrow(UnknownOutcome);
  await expect(records.putNew('c', record)).rejects.toThrow(UnknownOutcome);
  await expect(records.replace([], 0)).rejects.toThrow(UnknownOutcome);
  await expect(records.remove('c', ['k'])).rejects.toThrow(UnknownOutcome);
  await expect(records.get('c', ['k'], 0)).rejects.toThrow(StoreUnavailable);
});

test('a write that had no room was not stored, which is certain', async () => {
  const away = new Away();
  away.error = new StoreUnwritable('full');
  await expect(careful(away).put('c', [record])).rejects.toBe(away.error);
});

test('any other error stays what it is', async () => {
  const away = new Away();
  away.error = new TypeError('a bug');
  await expect(careful(away).put('c', [record])).rejects.toThrow(TypeError);
});
