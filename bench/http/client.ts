import { connect, type Socket } from 'node:net';

export interface ClientResponse {
  readonly status: number;
  readonly body: string;
}

interface ClientRequest {
  readonly text: string;
  readonly resolve: (reply: ClientResponse) => void;
  readonly reject: (error: Error) => void;
}

/** A minimal HTTP client, so that the server is measured: one request at a time per connection. */
export class LoadClient {
  private readonly idle: ClientConnection[] = [];
  private readonly waiting: ClientRequest[] = [];
  private readonly connections: ClientConnection[];

  constructor(url: string, key: string, connections: number) {
    const { hostname, port, host } = new URL(url);
    this.head = `HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\n`;
    this.connections = Array.from(
      { length: connections },
      () => new ClientConnection(connect(Number(port), hostname), (free) => this.next(free)),
    );
    this.idle.push(...this.connections);
  }
  private readonly head: string;

  post(path: string, body: string, contentType = 'application/json'): Promise<ClientResponse> {
    const length = Buffer.byteLength(body);
    return this.send(
      `POST ${path} ${this.head}Content-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
  }

  get(path: string): Promise<ClientResponse> {
    return this.send(`GET ${path} ${this.head}\r\n`);
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }

  private send(text: string): Promise<ClientResponse> {
    return new Promise((resolve, reject) => {
      const request = { text, resolve, reject };
      const connection = this.idle.pop();
      if (connection) connection.send(request);
      else this.waiting.push(request);
    });
  }

  private next(connection: ClientConnection): void {
    const request = this.waiting.shift();
    if (request) connection.send(request);
    else this.idle.push(connection);
  }
}

class ClientConnection {
  private request: ClientRequest | undefined;
  private received = '';
  private bodyAt = -1;
  private end = 0;

  constructor(
    private readonly socket: Socket,
    private readonly free: (connection: ClientConnection) => void,
  ) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => this.take(String(chunk)));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('The server has closed the connection.')));
  }

  send(request: ClientRequest): void {
    this.request = request;
    this.socket.write(request.text);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: string): void {
    this.received += chunk;
    if (this.bodyAt < 0) {
      const headEnd = this.received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      this.bodyAt = headEnd + 4;
      const length = /content-length: (\d+)/i.exec(this.received.slice(0, headEnd));
      if (!length) return this.fail(new Error('A response without Content-Length.'));
      this.end = this.bodyAt + Number(length[1]);
    }
    if (this.received.length < this.end) return;
    const reply = {
      status: Number(this.received.slice(9, 12)),
      body: this.received.slice(this.bodyAt, this.end),
    };
    const { resolve } = this.request!;
    this.received = '';
    this.bodyAt = -1;
    this.request = undefined;
    this.free(this);
    resolve(reply);
  }

  private fail(error: Error): void {
    this.request?.reject(error);
    this.request = undefined;
  }
}
