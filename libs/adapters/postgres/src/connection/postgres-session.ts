import { Mutex } from '@tallystick/runtime';
import { Client } from 'pg';
import { codeOf, translated } from './errors';
import { PostgresConnection, type RunSql } from './postgres-connection';
import { Notifications } from './notifications';
import type { PostgresSettings } from './options';

const LOCK_NOT_AVAILABLE = '55P03';
const LOCK_REQUEST = 'asked for ';
const key = 'hashtextextended($1, 0)';

/**
 * Long-lived connection with advisory locks. A lock lasts as long as the connection, so a write over it succeeds only
 * while the lock is held. The server closes the connection when this process is silent for too long.
 */
export class PostgresSession {
  readonly notifications = new Notifications();
  private client: Client | undefined;
  private connection: PostgresConnection | undefined;
  /** Exclusive locks. Each controller aborts when its lock is lost or requested. */
  private readonly held = new Map<string, AbortController>();
  private readonly shared = new Set<string>();
  private readonly turns = new Mutex();
  private isClosed = false;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(private readonly settings: PostgresSettings) {
    const beat = () => void this.run((run) => run('SELECT 1')).catch(() => undefined);
    this.heartbeat = setInterval(beat, settings.leaseMilliseconds / 4).unref();
  }

  /** Runs `work` after earlier calls. Connects if there is no connection. */
  run<T>(work: (run: RunSql) => Promise<T>): Promise<T> {
    return this.turns.run(async () => this.using(await this.connected(), (line) => work(line.run)));
  }

  transaction<T>(work: (run: RunSql) => Promise<T>): Promise<T> {
    return this.turns.run(async () => this.using(await this.connected(), (line) => line.transaction(work)));
  }

  /** Runs only over the connection that holds the lock. Rejects after the lock was lost. */
  transactionUnder<T>(lock: AbortController, work: (run: RunSql) => Promise<T>): Promise<T> {
    return this.turns.run(async () => {
      if (!this.connection || ![...this.held.values()].includes(lock))
        throw translated(new Error('the lease for the views was lost with its connection'));
      return this.using(this.connection, (line) => line.transaction(work));
    });
  }

  /**
   * Undefined if another session holds the lock. The controller aborts when the lock is lost or requested by another
   * session.
   */
  acquireLock(name: string): Promise<AbortController | undefined> {
    return this.run(async (run) => {
      if (this.held.has(name)) return undefined;
      const { rows } = await run(`SELECT pg_try_advisory_lock(${key}) AS taken`, [name]);
      return rows[0]!['taken'] === true ? this.hold(name) : undefined;
    });
  }

  /** Requests the lock from its holder and waits for it. Undefined if the signal aborts first. */
  async requestLock(name: string, signal: AbortSignal): Promise<AbortController | undefined> {
    while (!signal.aborted) {
      this.held.get(name)?.abort();
      const wait = async (run: RunSql) => {
        await run(`SET LOCAL lock_timeout = ${this.settings.lookMilliseconds}`);
        await run(`SELECT pg_advisory_lock(${key})`, [name]);
      };
      const asked = await this.turns
        .run(async () => {
          const line = await this.connected();
          if (this.held.has(name)) return undefined;
          await this.using(line, ({ run }) => this.notify(run, LOCK_REQUEST + name));
          await this.using(line, () => line.transaction(wait));
          return this.hold(name);
        })
        .catch((error: unknown) => {
          if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
        });
      if (asked) return asked;
      await this.notifications.waitForMore(this.notifications.seen, this.settings.lookMilliseconds / 10, signal);
    }
    return undefined;
  }

  async releaseLock(name: string, lock: AbortController): Promise<void> {
    lock.abort();
    await this.turns
      .run(async () => {
        if (this.held.get(name) !== lock) return;
        this.held.delete(name);
        await this.using(this.connection!, async ({ run }) => {
          await run(`SELECT pg_advisory_unlock(${key})`, [name]);
          await this.notify(run, 'free');
        });
      })
      .catch(() => undefined);
  }

  /** Takes shared locks, and takes them again after each reconnect. */
  async share(names: readonly string[]): Promise<void> {
    const added = names.filter((name) => !this.shared.has(name));
    await this.run(async (run) => {
      for (const name of added) await run(`SELECT pg_advisory_lock_shared(${key})`, [name]);
      for (const name of added) this.shared.add(name);
    });
  }

  async unshare(name: string): Promise<void> {
    if (!this.shared.delete(name)) return;
    await this.run((run) => run(`SELECT pg_advisory_unlock_shared(${key})`, [name]));
  }

  /** Notifies all sessions of the schema when the transaction commits. */
  async notify(run: RunSql, what: string): Promise<void> {
    await run('SELECT pg_notify($1, $2)', [this.settings.schema, what]);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.heartbeat);
    await this.turns.idle();
    await this.client?.end();
  }

  private async using<T>(line: PostgresConnection, work: (line: PostgresConnection) => Promise<T>): Promise<T> {
    try {
      return await work(line);
    } finally {
      if (line.isDead) this.onConnectionLost(this.client);
    }
  }

  private hold(name: string): AbortController {
    const lock = new AbortController();
    this.held.set(name, lock);
    return lock;
  }

  private async connected(): Promise<PostgresConnection> {
    if (this.connection) return this.connection;
    if (this.isClosed) throw translated(new Error('the view store is closed'));
    const client = new Client(this.settings.client);
    client.on('error', () => this.onConnectionLost(client));
    client.on('end', () => this.onConnectionLost(client));
    client.on('notification', ({ payload }) => this.onNotification(payload ?? ''));
    const line = new PostgresConnection(client);
    try {
      await client.connect().catch((error: unknown) => {
        throw translated(error);
      });
      await line.run(`SET idle_session_timeout = ${this.settings.leaseMilliseconds}`);
      await line.run(`LISTEN "${this.settings.schema}"`);
      for (const name of this.shared) await line.run(`SELECT pg_advisory_lock_shared(${key})`, [name]);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    return (this.connection = line);
  }

  private onNotification(what: string): void {
    if (what.startsWith(LOCK_REQUEST)) this.held.get(what.slice(LOCK_REQUEST.length))?.abort();
    this.notifications.wake();
  }

  private onConnectionLost(client: Client | undefined): void {
    if (!client || this.client !== client) return;
    this.client = this.connection = undefined;
    for (const lock of this.held.values()) lock.abort();
    this.held.clear();
    this.notifications.wake();
    void client.end().catch(() => undefined);
  }
}
