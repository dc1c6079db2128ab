import * as fc from 'fast-check';
import { repeatedMember } from './repeated-members';

test.each<[string, string | undefined]>([
  ['{"credits":1,"credits":100}', 'credits'],
  ['{"usage":{"pages":1,"pages":2}}', 'pages'],
  ['[{"a":1},{"b":1,"b":1}]', 'b'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"a" : 1, "a"\n\t: 2}', 'a'],
  ['{"x\\\\":1,"x\\\\":2}', 'x\\'],
  ['{"a":{"a":1},"b":[{"a":2},{"a":3}]}', undefined],
  ['{"a":"a","b":"a\\":","c":["a","a"]}', undefined],
  ['{"a":"\\\\","b":"\\\\\\"a\\":"}', undefined],
  ['{}', undefined],
  ['"a"', undefined],
])('%s: %s', (json, name) => expect(repeatedMember(json)).toBe(name));

test('no text that was written from a value names a member twice', () =>
  fc.assert(
    fc.property(fc.json(), fc.nat(3), (json, spaces) =>
      expect(repeatedMember(JSON.stringify(JSON.parse(json), null, spaces))).toBeUndefined(),
    ),
  ));
