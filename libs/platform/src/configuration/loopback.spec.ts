import { isLoopback } from './loopback';

test.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['localhost', true],
  ['LOCALHOST', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['::10', false],
  ['1::1', false],
  ['192.168.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['localhost.example.com', false],
  ['127.example.com', false],
])('%s: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
