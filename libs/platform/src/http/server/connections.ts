import { type IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How often the server looks for requests that did not arrive in time. */
const CHECK_MILLISECONDS = 1_000;
/** What still comes of a body after the answer is dropped for this long: closing at once could lose the answer. */
const LINGER_MILLISECONDS = 5_000;
/** Requests of one connection that may wait, and of all. Node parses 64 KiB of them at once, and each costs a few KiB. */
const MOST_WAITING = 1_000;
const MOST_WAITING_OF_ALL = 10_000;
/** A connection with no more than these is not cut because of others. */
const FEW_WAITING = 10;
/** Response bytes of a connection that are not sent yet; above, its next request is not started. */
const MOST_UNSENT_BYTES = 64 * 1024;

/** Sends "100 Continue" when the body is read, not as soon as it is announced: the key is checked before. */
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

/** Lets a client that has announced its body send it. */
export function sendContinue(response: ServerResponse): void {
  if (response instanceof LateContinue) response.sendContinue();
}

/**
 * At most so many requests of a connection are worked on before the first of them is answered and sent; the others wait,
 * and nothing more is read. A closed connection ends its requests: each response emits `close`.
 */
export function boundConnections(server: FastifyInstance, mostActive: number): void {
  const connections = new WeakMap<Socket, Connection>();
  const all = { waiting: 0 };
  server.addHook('onRequest', ({ raw: request }, { raw: response }, start) => {
    const { socket } = request;
    // (a request made within the process has no connection)
    if (!(socket instanceof Socket)) return start();
    let connection = connections.get(socket);
    if (!connection) connections.set(socket, (connection = new Connection(socket, mostActive, all)));
    connection.take({ request, response, start });
  });
}

/** Calls `end` once, when the answer was sent or its connection closed. */
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
    // While the client still sends, a closed connection would lose the answer: only our side ends.
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

  /** One in each turn of the event loop, so that other connections have theirs. */
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

  /** Node has paused the socket itself where too many response bytes wait, and resumes it when they are sent. */
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

/** The rest of a body that is not read has to pass, or the connection's next request is never seen. */
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
