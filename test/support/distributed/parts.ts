import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { alone } from './alone';
import { TestServer } from '../eventstoredb/server';
import { whyNoKafka } from '../kafka/jars';
import { type KafkaSettings, type RealKafka, startKafka } from '../kafka/kafka';
import {
  type Cluster,
  type ClusterOptions,
  findPostgres,
  NO_POSTGRES,
  startPostgres,
} from '../postgres/cluster';

/** Why the distributed form cannot be had on this machine, or nothing where it can. */
export const whyNotDistributed = (): string | undefined =>
  findPostgres() === undefined ? NO_POSTGRES : whyNoKafka();

/** For tests: what PostgreSQL loses at a power failure is no loss. */
export const QUICK = { fsync: 'off', shared_buffers: '32MB', max_connections: '200' };

export interface PartsOptions {
  readonly kafka?: KafkaSettings;
  readonly postgres?: ClusterOptions['settings'];
  /** No other spec's parts run meanwhile. */
  readonly alone?: boolean;
}

/** A part of the parts that one installation has to itself. */
export interface Share {
  /** The settings that name them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly eventStore: TestServer;
  readonly prefix: string;
}

/** A real Kafka and a real PostgreSQL, and for each installation on them a test server that speaks EventStoreDB's protocol. */
export class Parts {
  private readonly eventStores: TestServer[] = [];
  private shares = 0;

  private constructor(
    private readonly directory: string,
    readonly kafka: RealKafka,
    readonly postgres: Cluster,
    private readonly letNext: () => void,
  ) {}

  static async start({ kafka = {}, postgres = {}, ...options }: PartsOptions = {}): Promise<Parts> {
    const letNext = options.alone ? await alone() : () => undefined;
    const directory = mkdtempSync(join(tmpdir(), 'tallystick-parts-'));
    try {
      const [broker, cluster] = await Promise.all([
        startKafka(kafka),
        startPostgres(findPostgres()!, { directory, settings: postgres }),
      ]);
      process.once('exit', cluster.kill);
      return new Parts(directory, broker, cluster, letNext);
    } catch (error) {
      letNext();
      throw error;
    }
  }

  async share(): Promise<Share> {
    const name = `installation${(this.shares += 1)}`;
    const operator = new Client({ connectionString: this.postgres.url() });
    await operator.connect();
    await operator.query(`CREATE DATABASE ${name}`);
    await operator.end();
    const eventStore = await TestServer.start({ timing: 'real' });
    this.eventStores.push(eventStore);
    const prefix = `${name}.`;
    const environment = {
      TALLY_EVENT_STORE: eventStore.address,
      TALLY_BUS: `kafka://${this.kafka.addresses.join(',')}?prefix=${prefix}`,
      TALLY_VIEWS: this.postgres.url(name),
    };
    return { environment, eventStore, prefix };
  }

  async stop(): Promise<void> {
    await Promise.all([
      ...this.eventStores.map((server) => server.stop()),
      this.kafka.stop(),
      this.postgres.stop(),
    ]);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
    this.letNext();
  }
}
