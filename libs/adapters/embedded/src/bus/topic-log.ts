import type { Health, Message, ReceivedMessage } from '@tallystick/eventing';
import { SqliteDatabase, type DatabaseOptions, type SqliteStatement } from '../sqlite/sqlite-database';
import type { SqlRow, SqliteValue } from '../sqlite/sqlite-connection';

/** Parts of a stored message other than its value. */
type Envelope = readonly [key: string, headers: Readonly<Record<string, string>>, length: number];

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, first INTEGER NOT NULL,
     count INTEGER NOT NULL, at INTEGER NOT NULL, envelopes BLOB NOT NULL, bytes BLOB NOT NULL)`,
  'CREATE UNIQUE INDEX IF NOT EXISTS messages_in_order ON messages (topic, partition, first)',
  'CREATE TABLE IF NOT EXISTS ends (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS offsets (consumers TEXT, topic TEXT, partition INTEGER, next INTEGER NOT NULL,
     PRIMARY KEY (consumers, topic, partition)) WITHOUT ROWID`,
];
const INSERT =
  'INSERT INTO messages (topic, partition, first, count, at, envelopes, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)';
/** Offsets are stored apart from messages, so that they continue after retention has removed all messages. */
const MOVE_END = 'INSERT OR REPLACE INTO ends (topic, partition, next) VALUES (?, ?, ?)';
const READ = `SELECT topic, partition, first, at, envelopes, bytes FROM messages WHERE topic = ? AND partition = ?
  AND first >= coalesce((SELECT max(first) FROM messages WHERE topic = ? AND partition = ? AND first <= ?), 0) AND first < ? ORDER BY first`;
const NEXT_FIRST = 'SELECT min(first) AS first FROM messages WHERE topic = ? AND partition = ? AND first > ?';
const COMMIT = 'INSERT OR REPLACE INTO offsets (consumers, topic, partition, next) VALUES (?, ?, ?, ?)';
/** Rows per delete statement. */
const SLICE = 100;

/** Consecutive messages that are stored in one row. */
export interface MessageRow {
  readonly partition: number;
  readonly first: number;
  readonly messages: readonly Message[];
}

/**
 * Topics in SQLite. One row holds many messages, so that throughput depends on bytes and not on the number of messages.
 */
export class TopicLog {
  private constructor(private readonly database: SqliteDatabase) {}

  get fault(): string | undefined {
    return this.database.fault;
  }

  static async open(file: string, options: DatabaseOptions): Promise<TopicLog> {
    const database = await SqliteDatabase.open(file, { eraseDeleted: true, ...options });
    await database.transaction(SCHEMA.map((sql) => ({ sql })));
    return new TopicLog(database);
  }

  /** Version of SQLite. */
  get description(): string {
    return this.database.description;
  }

  health(): Promise<Health> {
    return this.database.health();
  }

  /** Offset of the next message of each partition that ever had one. */
  async ends(): Promise<{ topic: string; partition: number; next: number }[]> {
    return (await this.database.read('SELECT topic, partition, next FROM ends')) as {
      topic: string;
      partition: number;
      next: number;
    }[];
  }

  async write(topic: string, parts: readonly MessageRow[], at: number): Promise<void> {
    const statements = parts.flatMap(({ partition, first, messages }): SqliteStatement[] => {
      const envelopes = messages.map(({ key, headers, value }): Envelope => [key, headers, value.byteLength]);
      const bytes = Buffer.concat(messages.map(({ value }) => value));
      return [
        {
          sql: INSERT,
          params: [topic, partition, first, messages.length, at, Buffer.from(JSON.stringify(envelopes)), bytes],
        },
        { sql: MOVE_END, params: [topic, partition, first + messages.length] },
      ];
    });
    await this.database.transaction(statements);
  }

  /** At most `limit` messages from offset `from` on. Retention may have removed some of them. */
  async read(topic: string, partition: number, from: number, limit: number): Promise<ReceivedMessage[]> {
    for (let start = from; ;) {
      const rows = await this.database.read(READ, [topic, partition, topic, partition, start, start + limit]);
      const messages = rows.flatMap(messagesOf).filter(({ offset }) => Number(offset) >= start);
      if (messages.length > 0) return messages.slice(0, limit);
      const [next] = await this.database.read(NEXT_FIRST, [topic, partition, start]);
      if (next!['first'] === null) return [];
      start = next!['first'] as number;
    }
  }

  /** Undefined for a group that has no position. */
  async committed(consumers: string, topic: string, partition: number): Promise<number | undefined> {
    const sql = 'SELECT next FROM offsets WHERE consumers = ? AND topic = ? AND partition = ?';
    const [row] = await this.database.read(sql, [consumers, topic, partition]);
    return row && (row['next'] as number);
  }

  async commit(consumers: string, topic: string, partition: number, next: number): Promise<void> {
    await this.database.transaction([{ sql: COMMIT, params: [consumers, topic, partition, next] }]);
  }

  /** Removes messages that were published before `at`, in slices, so that other requests are not blocked. */
  async removeOlder(at: number): Promise<void> {
    while ((await this.removeOldest('at < ?', [at])) === SLICE);
  }

  /** Removes the oldest messages of all topics until the rest takes at most `bytes` in the file. */
  async removeBeyond(bytes: number): Promise<void> {
    const used =
      'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size';
    for (;;) {
      const [row] = await this.database.read(used);
      if ((row!['bytes'] as number) <= bytes || (await this.removeOldest('1', [])) === 0) return;
    }
  }

  private async removeOldest(condition: string, params: readonly SqliteValue[]): Promise<number> {
    const sql = `DELETE FROM messages WHERE id IN (SELECT id FROM messages ORDER BY id LIMIT ${SLICE}) AND ${condition}`;
    const [, counted] = await this.database.transaction([{ sql, params }, { sql: 'SELECT changes() AS count' }]);
    return counted![0]!['count'] as number;
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

interface StoredRow {
  readonly topic: string;
  readonly partition: number;
  readonly first: number;
  readonly at: number;
  readonly envelopes: Uint8Array;
  readonly bytes: Uint8Array;
}

function messagesOf(row: SqlRow): ReceivedMessage[] {
  const { topic, partition, first, at, envelopes, bytes } = row as unknown as StoredRow;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = 0;
  return (JSON.parse(Buffer.from(envelopes).toString()) as Envelope[]).map(([key, headers, length], i) => ({
    topic,
    partition,
    offset: String(first + i),
    timestamp: at,
    key,
    headers,
    value: all.subarray(end, (end += length)),
  }));
}
