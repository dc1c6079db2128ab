import { murmur2, partitionOf } from './murmur2';

// Computed by org.apache.kafka.common.utils.Utils of Kafka 3.9.1: hash, and partition of 12. Never change them:
// another hash would put the messages of a key into two partitions, out of order.
const VECTORS: readonly (readonly [string, number, number])[] = [
  ['', 275646681, 9],
  ['a', -1563381124, 4],
  ['ab', 316155434, 2],
  ['abc', 479470107, 3],
  ['abcd', -1323649548, 8],
  ['21', -973932308, 0],
  ['foobar', -790332482, 6],
  ['a-little-bit-long-string', -985981536, 8],
  ['a-little-bit-longer-string', -1486304829, 11],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971, 5],
  ['org-1', -651762365, 3],
  ['org-42', 751962165, 9],
  ['Zürich-€', -1900260963, 5],
  ['organization-00000000-0000-0000-0000-000000000001', -1901607431, 9],
];

test.each(VECTORS)('the hash and the partition of "%s" are those of the Java client', (key, hash, partition) => {
  expect([murmur2(Buffer.from(key)), partitionOf(key, 12)]).toEqual([hash, partition]);
});
