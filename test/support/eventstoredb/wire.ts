import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The wire between the clients and the server: it can be cut, stalled or taken down without the server knowing. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  /** What the server sends, of all that it sends and gets. */
  private readonly answers = new Set<Socket>();
  private stalled = false;
  private muted = false;

  constructor(
    private readonly host: string,
    /** Where the server listens by now. */
    private readonly target: () => number,
  ) {}

  /** Listens; port 0 takes any free one. */
  async up(port: number): Promise<number> {
    const server = createServer((client) => this.join(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.host, resolve);
    });
    this.server = server;
    return (server.address() as AddressInfo).port;
  }

  /** Cuts all connections and takes no new ones. */
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

  /** From now on nothing gets through, in neither direction; it is not lost but waits. */
  stall(): void {
    this.stalled = true;
    this.hang();
  }

  /** As `stall`, but only for the connections that there are: new ones are sound. */
  hang(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** The server gets what is sent and does it; its answers wait. */
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
