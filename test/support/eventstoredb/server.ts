import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { type IStreamsServer, StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { type Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import type { Certificate } from '../certificate';
import { append, type AppendRules } from './appends/append-calls';
import { BatchAppend } from './appends/batch-append';
import { ServerClock } from './server-clock';
import { deleteStream, tombstoneStream } from './appends/delete-calls';
import { EventLog } from './log/event-log';
import { AppendFaults } from './faults';
import { Indexing } from './log/indexing';
import { Wire } from './wire';
import { OpenCalls } from './open-calls';
import { OwnEvents } from './log/system-events';
import { errorOf, serverNotReady } from './protocol';
import { read } from './reads/read-calls';
import { askedFor } from './reads/read-options';
import { ServerReadiness } from './readiness';
import { SERVER_TIMEOUTS, type Timeouts } from './appends/append-timing';

export interface TestServerOptions {
  readonly host?: string;
  /** 0 chooses a free port. */
  readonly port?: number;
  /** A file that keeps the log over a restart. Without it the log is in memory. */
  readonly file?: string;
  readonly user?: { readonly name: string; readonly password: string };
  readonly tls?: Certificate;
  /** Whether the server announces batch appends. Without them clients use the older call. */
  readonly batchAppend?: boolean;
  readonly maxAppendBytes?: number;
  /** Time-outs of writes that are not indexed and of dropped repetitions. */
  readonly timeouts?: Timeouts;
  /** `real`: `$all` is empty at first, and the index lags behind the log. */
  readonly timing?: 'quick' | 'real';
  /** Standard projections: links to each event in system streams. */
  readonly projections?: boolean;
}

/** A received call, and whether it required the leader. */
export interface ReceivedCall {
  readonly method: string;
  readonly requiresLeader: boolean;
  /** The target of a read or subscription: a stream, or `$all` with its position. */
  readonly stream?: string;
  readonly from?: number;
}

const MEBIBYTE = 1024 * 1024;
const VERSION = '24.2.0-tallystick-test-server';
const REAL_INDEX_LAG_MS = 2;
/** A new server writes its first event after 0.1 to 0.6 s. */
const realFirstEventMs = () => 100 + Math.random() * 500;

/**
 * A test server with the protocol and the responses of EventStoreDB 24.2.0, without clusters, permissions and scavenging.
 */
export class TestServer {
  readonly clock = new ServerClock();
  readonly log: EventLog;
  readonly faults: AppendFaults;
  readonly link: Wire;
  readonly ownEvents: OwnEvents;
  port = 0;
  /** The newest calls. */
  readonly calls: ReceivedCall[] = [];
  private readonly readiness = new ServerReadiness();
  private openCalls = new OpenCalls();
  private grpc: Server | undefined;
  private innerPort = 0;

  private constructor(private readonly options: TestServerOptions) {
    const isReal = options.timing === 'real';
    const indexing = new Indexing(isReal ? REAL_INDEX_LAG_MS : 0);
    this.log = new EventLog({ path: options.file, clock: this.clock, indexing });
    this.link = new Wire(options.host ?? '127.0.0.1', () => this.innerPort);
    this.faults = new AppendFaults(() => this.link.cut());
    this.ownEvents = new OwnEvents(this.log, {
      firstEventMs: isReal ? realFirstEventMs() : 0,
      projections: options.projections ?? false,
    });
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

  /** Like a restart of the process: connections break, the log remains, known ids are lost. */
  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  async down(): Promise<void> {
    await this.link.down();
    this.grpc?.forceShutdown();
    this.ownEvents.stop();
    this.log.forget();
  }

  async up(): Promise<void> {
    await this.serve();
    await this.link.up(this.port);
  }

  stop(): Promise<void> {
    return this.down();
  }

  /** Like SIGTERM: for some seconds nothing is written, then all calls end with code 13. */
  async terminate(milliseconds = 3_000): Promise<void> {
    await this.readiness.stop(milliseconds);
    await this.openCalls.reset();
    await this.down();
  }

  private async serve(): Promise<void> {
    const { tls, batchAppend: hasBatches = true } = this.options;
    this.readiness.start();
    this.ownEvents.start();
    this.openCalls = new OpenCalls();
    const grpc = new Server({
      'grpc.max_receive_message_length': 16 * MEBIBYTE,
      interceptors: [this.openCalls.interceptor],
    });
    grpc.addService(ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, reply: (error: null, methods: SupportedMethods) => void) =>
        reply(null, supportedMethods(hasBatches)),
    });
    grpc.addService(StreamsService, this.streams());
    const credentials = tls
      ? ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.certificate }])
      : ServerCredentials.createInsecure();
    this.innerPort = await new Promise((resolve, reject) =>
      grpc.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    this.grpc = grpc;
  }

  private streams(): IStreamsServer {
    const { log, faults, clock, readiness } = this;
    const { maxAppendBytes = MEBIBYTE, timeouts = SERVER_TIMEOUTS } = this.options;
    const rules: AppendRules = { log, faults, clock, readiness, timeouts, maxAppendBytes };
    return {
      read: (call) => {
        const refused = this.refuse(askedFor(call.request), call.metadata);
        if (refused) call.emit('error', refused);
        else if (!readiness.isReady()) call.emit('error', serverNotReady());
        else read(log, call);
      },
      batchAppend: (call) => {
        const refused = this.refuse({ method: 'batchAppend' }, call.metadata);
        if (refused) call.emit('error', refused);
        else new BatchAppend(rules, call);
      },
      append: (call, reply) => {
        const refused = this.refuse({ method: 'append' }, call.metadata);
        if (refused) reply(refused);
        else append(rules, call, reply);
      },
      delete: (call, reply) => {
        const refused = this.refuse({ method: 'delete' }, call.metadata);
        if (refused) reply(refused);
        else deleteStream(rules, call.request, reply);
      },
      tombstone: (call, reply) => {
        const refused = this.refuse({ method: 'tombstone' }, call.metadata);
        if (refused) reply(refused);
        else tombstoneStream(rules, call.request, reply);
      },
    };
  }

  private refuse(asked: Omit<ReceivedCall, 'requiresLeader'>, metadata: Metadata): ServiceError | undefined {
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
  const names = ['read', 'append', 'delete', 'tombstone', ...(hasBatches ? ['batchappend'] : [])];
  const methods = names.map((name) =>
    new SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name),
  );
  return new SupportedMethods().setEventStoreServerVersion(VERSION).setMethodsList(methods);
}
