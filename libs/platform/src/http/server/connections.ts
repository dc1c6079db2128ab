import { type IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Interval of the check for requests that did not arrive in time. */
const CHECK_MILLISECONDS = 1_000;
/** Time for which the rest of a body is discarded after the answer: closing at once could lose the answer. */
const LINGER_MILLISECONDS = 5_000;
/** Maximum number of waiting requests, per connection and in total. Node parses 64 KiB of them at once; each needs a few KiB. */
const MOST_WAITING = 1_000;
const MOST_WAITING_OF_ALL = 10_000;
/** A connection with at most this number is not closed because of others. */
const FEW_WAITING = 10;
/** Maximum number of unsent response bytes of a connection before its next request starts. */
const MOST_UNSENT_BYTES = 64 * 1024;

/** Sends "100 Continue" when the body is read, after the key was checked. */
class LateContinue extends ServerResponse {
  private isAwaited = false;

  override writeContinue(): void {
    this.isAwaited = true;
  }

  sendContinue(): void {
    if (this.isAwaited && !this.headersSent) super.writeContinue();
    this.isAwaited = false;
  }
}

export const serverOptions = (requestTimeoutMilliseconds: number): ServerOptions => ({
  headersTimeout: requestTimeoutMilliseconds,
  requestTimeout: requestTimeoutMilliseconds,
  connectionsCheckingInterval: CHECK_MILLISECONDS,
  ServerResponse: LateContinue as never,
});

/** Allows a client that has announced its body to send it. */
export function sendContinue(response: ServerResponse): void {
  if (response instanceof LateContinue) response.sendContinue();
}

/**
 * Limits the requests of a connection that are processed at the same time. The others wait, and nothing more is read.
 * A closed connection ends its requests: each response emits `close`.
 */
export function boundConnections(server: FastifyInstance, mostActive: number): void {
  const connections = new WeakMap<Socket, Connection>();
  const all = { waiting: 0 };
  server.addHook('onRequest', ({ raw: request }, { raw: response }, start) => {
    const { socket } = request;
    // (an injected request has no connection)
    if (!(socket instanceof Socket)) return start();
    let connection = connections.get(socket);
    if (!connection) connections.set(socket, (connection = new Connection(socket, mostActive, all)));
    connection.take({ request, response, start });
  });
}

/** Calls `end` once, after the answer was sent or the connection was closed. */
export function whenEnded(response: ServerResponse, end: () => void): void {
  if (response.destroyed) end();
  else response.once('close', end);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly start: () => void;
}

class Connection {
  private readonly active = new Set<Exchange>();
  private readonly waiting: Exchange[] = [];
  private isStarting = false;

  constructor(
    private readonly socket: Socket,
    private readonly mostActive: number,
    private readonly all: { waiting: number },
  ) {
    socket.once('close', () => this.closed());
    const resume = socket.resume.bind(socket);
    // Node resumes for bodies and when responses are sent. It must not while requests wait.
    socket.resume = () => (this.waiting.length > 0 ? socket : resume());
    const destroySoon = socket.destroySoon.bind(socket);
    // While the client still sends, closing the connection would lose the answer: only the server's side ends.
    socket.destroySoon = () => void (this.isReceiving() ? socket.end() : destroySoon());
  }

  take(exchange: Exchange): void {
    const { socket, active, waiting, all } = this;
    if (socket.destroyed) return;
    if (active.size === 0 && waiting.length === 0) return this.start(exchange);
    waiting.push(exchange);
    all.waiting += 1;
    socket.pause();
    if (waiting.length > MOST_WAITING || (all.waiting > MOST_WAITING_OF_ALL && waiting.length > FEW_WAITING))
      socket.destroy();
    else this.startSoon();
  }

  /** Starts one request per turn of the event loop, so that other connections get their turn. */
  private startSoon(): void {
    if (this.isStarting || this.waiting.length === 0 || !this.hasRoom()) return;
    this.isStarting = true;
    setImmediate(() => {
      this.isStarting = false;
      const next = this.waiting.shift();
      if (!next) return;
      this.all.waiting -= 1;
      this.start(next);
      if (this.waiting.length > 0) this.startSoon();
      else this.readOn();
    });
  }

  /** Resumes reading, unless Node has paused the socket because of unsent response bytes: it then resumes by itself. */
  private readOn(): void {
    if (!(this.socket as { _paused?: boolean })._paused) this.socket.resume();
  }

  private isReceiving(): boolean {
    const [first] = this.active;
    return first !== undefined && !first.request.complete;
  }

  private hasRoom(): boolean {
    const { active, socket } = this;
    if (active.size === 0) return true;
    if (active.size >= this.mostActive) return false;
    let unsent = socket.writableLength;
    for (const { response } of active) unsent += response.writableLength;
    return unsent < MOST_UNSENT_BYTES;
  }

  private start(exchange: Exchange): void {
    const { request, response, start } = exchange;
    this.active.add(exchange);
    response.once('finish', () => drop(request));
    response.once('close', () => {
      this.active.delete(exchange);
      this.startSoon();
    });
    start();
  }

  /** Node emits `close` only on the response that is being sent. */
  private closed(): void {
    this.all.waiting -= this.waiting.length;
    this.waiting.length = 0;
    for (const { response } of this.active) {
      if (response.socket) continue;
      response.destroy();
      response.emit('close');
    }
  }
}

/** Discards the unread rest of a body, so that the connection's next request is read. */
function drop(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  const cut = setTimeout(() => socket.destroy(), LINGER_MILLISECONDS).unref();
  const passed = () => {
    clearTimeout(cut);
    if (socket.writableEnded) socket.destroy();
  };
  request.removeAllListeners('data').once('end', passed).once('close', passed).resume();
}
