import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { systemClock } from '@tallystick/runtime';
import { collectionsOf, RecordCollection } from './record-collections';

test('a collection is named after its owner, unless it is older than that rule', () => {
  expect(collectionsOf('billing', ['invoices', 'keys'], { keys: 'keys' })).toEqual({
    invoices: 'billing.invoices',
    keys: 'keys',
  });
});

test('two owners with collections of one name have records of their own', async () => {
  const store = new InMemoryRecordStore();
  const [one, two] = ['one', 'two'].map(
    (owner) => new RecordCollection<number>(store, collectionsOf(owner, ['checkpoints']).checkpoints, systemClock),
  );
  await one!.put([{ key: 'publisher', value: 1 }]);
  expect(await two!.putNew('publisher', 2)).toBe(true);
  expect([await one!.find('publisher'), await two!.find('publisher')]).toEqual([1, 2]);
});

test('a change is written only if the value is still the one that was read', async () => {
  const collection = new RecordCollection<number>(new InMemoryRecordStore(), 'c', systemClock);
  await collection.put([{ key: 'a', value: 1 }]);
  expect(await collection.replace([collection.change(2, { key: 'a', value: 3 })])).toBe(false);
  expect(await collection.replace([collection.change(1, { key: 'a', value: 3 })])).toBe(true);
  expect(await collection.list({ limit: 10 })).toEqual([{ key: 'a', value: 3 }]);
});
