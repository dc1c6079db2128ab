import { randomUUID } from 'node:crypto';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { type IStreamsServer, StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { type Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { append, type AppendRules, batchAppend } from './append-calls';
import { EventLog } from './event-log';
import { Faults } from './faults';
import { Link } from './link';
import { errorOf } from './protocol';
import { askedFor, read } from './read-calls';

export interface TestServerOptions {
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port?: number;
  /** Keeps the log over a restart of the process; otherwise it is in memory only. */
  readonly file?: string;
  readonly user?: { readonly name: string; readonly password: string };
  readonly tls?: { readonly key: Buffer; readonly certificate: Buffer };
  /** Whether it says that it knows batch appends; without, clients append by the older call. */
  readonly batchAppend?: boolean;
  readonly maxAppendBytes?: number;
}

/** What was asked, and whether the leader was. */
export interface Call {
  readonly method: string;
  readonly requiresLeader: boolean;
  /** Of reads and subscriptions: a stream's name or `$all`, and there the position asked for, if one was. */
  readonly stream?: string;
  readonly from?: number;
}

const MEBIBYTE = 1024 * 1024;
const VERSION = '24.2.0-tallystick-test-server';

/** Speaks EventStoreDB's own protocol, with its weak rules, for tests only: no cluster, no rights, no scavenging. */
export class TestServer {
  readonly log: EventLog;
  readonly faults: Faults;
  readonly link: Link;
  port = 0;
  /** The last ones. */
  readonly calls: Call[] = [];
  private grpc: Server | undefined;
  private innerPort = 0;

  private constructor(private readonly options: TestServerOptions) {
    this.log = new EventLog(options.file);
    this.link = new Link(options.host ?? '127.0.0.1', () => this.innerPort);
    this.faults = new Faults(() => this.link.cut());
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(options);
    await server.serve();
    server.port = await server.link.up(options.port ?? 0);
    return server;
  }

  get address(): string {
    const { tls, user, host = '127.0.0.1' } = this.options;
    const who = user ? `${user.name}:${user.password}@` : '';
    return `esdb://${who}${tls ? 'localhost' : host}:${this.port}?tls=${tls !== undefined}`;
  }

  /** As when the process is restarted: connections drop, the log stays, the cache of ids does not. */
  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  async down(): Promise<void> {
    await this.link.down();
    this.grpc?.forceShutdown();
    this.log.forget();
  }

  async up(): Promise<void> {
    await this.serve();
    await this.link.up(this.port);
  }

  stop(): Promise<void> {
    return this.down();
  }

  private async serve(): Promise<void> {
    const { tls, batchAppend: hasBatches = true, maxAppendBytes = MEBIBYTE } = this.options;
    const { log, faults } = this;
    // A server of its own writes its statistics and the like all the time: `$all` is never ours alone.
    this.note('started');
    const grpc = new Server({ 'grpc.max_receive_message_length': 17 * MEBIBYTE });
    grpc.addService(ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, reply: (error: null, methods: SupportedMethods) => void) =>
        reply(null, supportedMethods(hasBatches)),
    });
    grpc.addService(StreamsService, this.streams({ log, faults, maxAppendBytes }));
    const credentials = tls
      ? ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.certificate }])
      : ServerCredentials.createInsecure();
    this.innerPort = await new Promise((resolve, reject) =>
      grpc.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    this.grpc = grpc;
  }

  private streams(rules: AppendRules): IStreamsServer {
    const unknown = (_call: unknown, reply: (error: ServiceError) => void) =>
      reply(errorOf(status.UNIMPLEMENTED, 'The test server cannot do that.'));
    return {
      read: (call) => {
        const refused = this.refuse(askedFor(call.request), call.metadata);
        if (refused) call.emit('error', refused);
        else read(rules.log, call);
      },
      batchAppend: (call) => {
        const refused = this.refuse({ method: 'batchAppend' }, call.metadata);
        if (refused) call.emit('error', refused);
        else batchAppend(rules, call);
      },
      append: (call, reply) => {
        const refused = this.refuse({ method: 'append' }, call.metadata);
        if (refused) reply(refused);
        else append(rules, call, reply);
      },
      delete: unknown,
      tombstone: unknown,
    };
  }

  private note(what: string): void {
    const [data, metadata] = [Buffer.from(JSON.stringify({ what })), Buffer.alloc(0)];
    const message = {
      id: randomUUID(),
      type: '$test-server',
      contentType: 'application/json',
      data,
      metadata,
    };
    this.log.append('$test-server', 'any', [message]);
  }

  private refuse(asked: Omit<Call, 'requiresLeader'>, metadata: Metadata): ServiceError | undefined {
    this.calls.push({ ...asked, requiresLeader: metadata.get('requires-leader')[0] === 'true' });
    if (this.calls.length > 1_000) this.calls.shift();
    const { user } = this.options;
    if (!user) return undefined;
    const [given] = metadata.get('authorization');
    if (given === undefined) return errorOf(status.PERMISSION_DENIED, 'Access Denied', 'access-denied');
    const wanted = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
    return given === wanted ? undefined : errorOf(status.UNAUTHENTICATED, 'Unauthenticated');
  }
}

function supportedMethods(hasBatches: boolean): SupportedMethods {
  const names = ['read', 'append', ...(hasBatches ? ['batchappend'] : [])];
  const methods = names.map((name) =>
    new SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name),
  );
  return new SupportedMethods().setEventStoreServerVersion(VERSION).setMethodsList(methods);
}
