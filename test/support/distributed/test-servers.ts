import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { acquireSerialLock } from './serial-lock';
import { type Certificate, NO_OPENSSL, selfSigned } from '../certificate';
import { TestServer } from '../eventstoredb/server';
import { whyNoKafka } from '../kafka/jars';
import { type KafkaSettings, type RealKafka, startKafka } from '../kafka/kafka';
import { PASSWORD, USER } from '../kafka/security';
import {
  type PostgresCluster,
  type ClusterOptions,
  findPostgres,
  NO_POSTGRES,
  startPostgres,
} from '../postgres/cluster';

/** The reason why the distributed form cannot run on this machine, if there is one. */
export const whyNotDistributed = (): string | undefined => (findPostgres() === undefined ? NO_POSTGRES : whyNoKafka());

/** Settings for tests, which need no durability. */
export const QUICK = { fsync: 'off', shared_buffers: '32MB', max_connections: '200' };

export interface TestServersOptions {
  readonly kafka?: KafkaSettings;
  readonly postgres?: ClusterOptions['settings'];
  /** All servers require TLS, and Kafka a user. */
  readonly tls?: boolean;
  /** Waits until no other spec runs such servers. */
  readonly serial?: boolean;
}

type StoreEnvironment = Readonly<Record<'TALLY_EVENT_STORE' | 'TALLY_BUS' | 'TALLY_VIEWS', string>>;

/** A database, a topic prefix and an event store for one installation. */
export interface ServerShare {
  /** The settings with their addresses. */
  readonly environment: StoreEnvironment;
  readonly eventStore: TestServer;
  readonly prefix: string;
}

/** A real Kafka, a real PostgreSQL, and for each installation a test server with the protocol of EventStoreDB. */
export class TestServers {
  private readonly eventStores: TestServer[] = [];
  private shares = 0;

  private constructor(
    private readonly directory: string,
    readonly kafka: RealKafka,
    readonly postgres: PostgresCluster,
    private readonly tls: Certificate | undefined,
    private readonly letNext: () => void,
  ) {}

  static async start({ kafka = {}, postgres = {}, ...options }: TestServersOptions = {}): Promise<TestServers> {
    const letNext = options.serial ? await acquireSerialLock() : () => undefined;
    const directory = mkdtempSync(join(tmpdir(), 'tallystick-servers-'));
    const tls = options.tls ? selfSigned('DNS:localhost,IP:127.0.0.1') : undefined;
    if (options.tls && !tls) throw new Error(NO_OPENSSL);
    try {
      const [broker, cluster] = await Promise.all([
        startKafka({ ...kafka, secured: options.tls }),
        startPostgres(findPostgres()!, { directory, settings: postgres, tls }),
      ]);
      process.once('exit', cluster.kill);
      return new TestServers(directory, broker, cluster, tls, letNext);
    } catch (error) {
      letNext();
      throw error;
    }
  }

  async share(): Promise<ServerShare> {
    const name = `installation${(this.shares += 1)}`;
    const operator = new Client({ connectionString: this.postgres.url() });
    await operator.connect();
    await operator.query(`CREATE DATABASE ${name}`);
    await operator.end();
    const eventStore = await TestServer.start({ timing: 'real', tls: this.tls });
    this.eventStores.push(eventStore);
    const prefix = `${name}.`;
    const plain = {
      TALLY_EVENT_STORE: eventStore.address,
      TALLY_BUS: `kafka://${this.kafka.addresses.join(',')}?prefix=${prefix}`,
      TALLY_VIEWS: this.postgres.url(name),
    };
    return { environment: this.tls ? this.secured(plain, this.tls) : plain, eventStore, prefix };
  }

  private secured(plain: StoreEnvironment, { certificate }: Certificate): StoreEnvironment {
    const { address, certificate: brokers } = this.kafka.secured!;
    const [ca, kafkaCa] = [join(this.directory, 'ca.pem'), join(this.directory, 'kafka-ca.pem')];
    writeFileSync(ca, certificate, { mode: 0o644 });
    writeFileSync(kafkaCa, brokers);
    const user = `${USER}:${encodeURIComponent(PASSWORD)}`;
    const { searchParams } = new URL(plain.TALLY_BUS);
    return {
      TALLY_EVENT_STORE: `${plain.TALLY_EVENT_STORE}&tlsCaFile=${ca}`,
      TALLY_BUS: `kafka://${user}@${address}?${searchParams}&tls=true&tlsCaFile=${kafkaCa}&sasl=scram-sha-512`,
      TALLY_VIEWS: `${plain.TALLY_VIEWS}?sslmode=verify-full&sslrootcert=${ca}`,
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.eventStores.map((server) => server.stop()), this.kafka.stop(), this.postgres.stop()]);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
    this.letNext();
  }
}
