import { Heap } from './heap';

test('a heap returns items in ascending order', () => {
  const heap = new Heap<number>((a, b) => a < b);
  const keys = Array.from({ length: 500 }, (_, at) => (at * 7_919) % 1_009);
  for (const key of keys) heap.push(key);
  expect(Array.from({ length: 500 }, () => heap.pop())).toEqual([...keys].sort((a, b) => a - b));
  expect(heap.pop()).toBeUndefined();
});
