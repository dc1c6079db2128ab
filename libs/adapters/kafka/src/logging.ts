import { Logger } from '@nestjs/common';
import { systemClock } from '@tallystick/runtime';
import { logLevel, type LogEntry, type logCreator as LogCreator } from 'kafkajs';

/** Minimum time between equal lines, so that an outage does not fill the log. */
const REPEAT_MILLISECONDS = 30_000;
const MOST_REMEMBERED = 200;

/** Messages of a healthy cluster, which are logged at debug level. GroupConsumer reports the end of a consumer. */
const ORDINARY =
  /rebalanc|not the leader|no leader|coordinator is (loading|not available)|coordinator for this group|coordinator is not aware|not aware of this member|Limiting retries|^Crash: |Restarting the consumer|Failed to send messages|does not host this topic|removed from the group|Consumer is not aware of all|already exists/i;

const logger = new Logger('Kafka');
const said = new Map<string, number>();

/** Writes the log of kafkajs to Nest's log, with suitable levels. */
export const logCreator: LogCreator = () => (entry) => {
  const { level, line } = translated(entry);
  if (level === 'debug') return logger.debug(line);
  if (isRepeated(line, systemClock.monotonic())) return;
  logger[level](line);
};

export function translated({ level, namespace, log }: LogEntry): {
  level: 'error' | 'warn' | 'debug';
  line: string;
} {
  const { message, topic, partition, groupId, broker } = log as Record<string, unknown>;
  if (message === 'Offset out of range, resetting to default offset')
    return {
      level: 'error',
      line:
        `${topic}/${partition}: the next messages for ${groupId} have been removed by retention, so it continues with the oldest that exist. ` +
        'Some may be lost: compare the retention with the time that consumers were stopped, and let producers resend jobs that are missing in the ledger.',
    };
  const where = typeof broker === 'string' ? ` (${broker})` : '';
  const line = `${namespace ? `${namespace}: ` : ''}${String(message)}${where}`;
  const isOrdinary = level > logLevel.WARN || ORDINARY.test(`${String(message)} ${String(log['error'] ?? '')}`);
  return { level: isOrdinary ? 'debug' : 'warn', line };
}

function isRepeated(line: string, now: number): boolean {
  const last = said.get(line);
  if (last !== undefined && now - last < REPEAT_MILLISECONDS) return true;
  if (said.size >= MOST_REMEMBERED) said.clear();
  said.set(line, now);
  return false;
}
