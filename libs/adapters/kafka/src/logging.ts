import { Logger } from '@nestjs/common';
import { logLevel, type LogEntry, type logCreator as LogCreator } from 'kafkajs';

/** The same line again only after so long: a broker that is away would fill the log. */
const REPEAT_MILLISECONDS = 30_000;
const MOST_REMEMBERED = 200;

/** What happens in a healthy cluster, whatever level the client gives it. What ends a consumer is told by whoever starts it again. */
const ORDINARY =
  /rebalanc|not the leader|no leader|coordinator is (loading|not available)|coordinator for this group|coordinator is not aware|not aware of this member|Limiting retries|^Crash: |Restarting the consumer|Failed to send messages|does not host this topic|removed from the group|Consumer is not aware of all|already exists/i;

const logger = new Logger('Kafka');
const said = new Map<string, number>();

/** What kafkajs has to say, in Nest's log and at a level that fits. */
export const logCreator: LogCreator = () => (entry) => {
  const { level, line } = translated(entry);
  if (level === 'debug') return logger.debug(line);
  if (isRepeated(line, Date.now())) return;
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
        `${topic}/${partition}: the messages that ${groupId} was to read next are no longer there, so it goes on with the oldest that are. ` +
        'Some may be lost: compare the retention with the time that consumers were away, and have producers send again what they cannot find in the ledger.',
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
