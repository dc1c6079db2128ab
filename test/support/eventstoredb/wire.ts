import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The connection between clients and server. It can be cut, stalled or taken down without notice to the server. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  /** The direction from the server to the clients. */
  private readonly answers = new Set<Socket>();
  private stalled = false;
  private muted = false;

  constructor(
    private readonly host: string,
    /** The current port of the server. */
    private readonly target: () => number,
  ) {}

  /** Starts to listen. Port 0 chooses a free port. */
  async up(port: number): Promise<number> {
    const server = createServer((client) => this.join(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.host, resolve);
    });
    this.server = server;
    return (server.address() as AddressInfo).port;
  }

  /** Cuts all connections and accepts no new ones. */
  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
    this.server = undefined;
    this.cut();
    await closed;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  /** Holds back all data in both directions until `resume`. */
  stall(): void {
    this.stalled = true;
    this.hang();
  }

  /** Like `stall`, but for the existing connections only. */
  hang(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** The server receives all requests, but its responses are held back. */
  mute(): void {
    this.muted = true;
    for (const socket of this.answers) socket.pause();
  }

  resume(): void {
    this.stalled = this.muted = false;
    for (const socket of this.sockets) socket.resume();
  }

  private join(client: Socket): void {
    const server = connect(this.target(), '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      if (from === server) this.answers.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes: Buffer) => to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        this.answers.delete(from);
        to.destroy();
      });
      if (this.stalled || (this.muted && from === server)) from.pause();
    }
  }
}
