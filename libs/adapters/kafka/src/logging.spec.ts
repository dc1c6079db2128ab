import { logLevel, type LogEntry } from 'kafkajs';
import { translated } from './logging';

const entry = (level: logLevel, message: string, more: object = {}): LogEntry =>
  ({ level, label: '', namespace: 'Consumer', log: { message, timestamp: '', ...more } }) as LogEntry;

test.each([
  ['Response GroupCoordinator: the coordinator is loading and hence can’t process requests', 'debug'],
  ['The group coordinator is not available', 'debug'],
  ['The group is rebalancing, re-joining', 'debug'],
  ['Crash: KafkaJSConnectionError', 'debug'],
  ['Connection error: connect ECONNREFUSED', 'warn'],
])('"%s" is logged at level %s', (message, level) => {
  expect(translated(entry(logLevel.ERROR, message)).level).toBe(level);
});

test('informational messages of kafkajs are logged at debug level', () => {
  expect(translated(entry(logLevel.INFO, 'Consumer has joined the group'))).toEqual({
    level: 'debug',
    line: 'Consumer: Consumer has joined the group',
  });
});

test('messages that expired unread are an error with an explanation', () => {
  const lost = { topic: 'jobs.lifecycle', partition: 3, groupId: 'ledger' };
  const { level, line } = translated(entry(logLevel.ERROR, 'Offset out of range, resetting to default offset', lost));
  expect([level, line]).toEqual(['error', expect.stringMatching(/^jobs\.lifecycle\/3: .* ledger .* oldest/)]);
});
