import { hostNameOf, isLoopback } from './hosts';

test.each([
  ['localhost', 'localhost'],
  ['LocalHost:4400', 'localhost'],
  ['localhost.', 'localhost'],
  ['localhost.:80', 'localhost'],
  ['127.0.0.1:', '127.0.0.1'],
  ['[::1]', '::1'],
  ['[::FFFF:127.0.0.1]:4400', '::ffff:127.0.0.1'],
  ['credits.example.com', 'credits.example.com'],
])('%s names %s', (authority, name) => {
  expect(hostNameOf(authority)).toBe(name);
});

test.each([
  undefined,
  '',
  ':80',
  '.',
  '::1',
  '[::1',
  '[::1]x',
  'localhost:abc',
  'localhost:123456',
  'evil.example@localhost',
  'localhost/x',
  'localhost\\x',
  'a b',
])('%j names no host', (authority) => {
  expect(hostNameOf(authority)).toBeUndefined();
});

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['::10', false],
  ['1::1', false],
  ['::ffff:10.0.0.1', false],
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
  ['127.1', false],
  ['2130706433', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
])('%s is an address of this machine alone: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
