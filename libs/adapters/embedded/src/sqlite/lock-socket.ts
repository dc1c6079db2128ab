import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Longest path of a socket in bytes on all supported systems (104 on macOS, 108 on Linux, with the final zero). */
const LONGEST_ADDRESS = 103;

export interface LockSocket {
  /** Name of the file in the directory. */
  readonly name: string;
  close(): void;
}

/**
 * Opens a socket in the directory. The kernel keeps it open exactly as long as this process lives, suspended or not.
 * Every process that sees the directory can connect, also from other PID namespaces (containers). Undefined if the file
 * system has no sockets.
 */
export async function openLockSocket(directory: string): Promise<LockSocket | undefined> {
  const name = `tallystick.${randomBytes(6).toString('hex')}.sock`;
  const { address, close } = addressOf(directory, name);
  const server = createServer((client) => client.destroy());
  try {
    await listening(server, address);
  } catch {
    close();
    return undefined;
  }
  server.unref();
  return {
    name,
    close: () => {
      server.close();
      rmSync(join(directory, name), { force: true });
      close();
    },
  };
}

/** False only if the socket is missing or refuses connections: then its owner has ended. */
export async function isAnswering(directory: string, name: string): Promise<boolean> {
  const { address, close } = addressOf(directory, name);
  try {
    return await new Promise((resolve) => {
      const client = connect(address);
      const settle = (isAlive: boolean) => {
        client.destroy();
        resolve(isAlive);
      };
      client.once('connect', () => settle(true));
      client.once('error', ({ code }: NodeJS.ErrnoException) => settle(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
    });
  } finally {
    close();
  }
}

/** On Linux, a path that is too long for a socket is replaced by one through the opened directory. */
function addressOf(directory: string, name: string): { readonly address: string; readonly close: () => void } {
  const address = join(directory, name);
  if (Buffer.byteLength(address) <= LONGEST_ADDRESS || process.platform !== 'linux')
    return { address, close: () => undefined };
  const folder = openSync(directory, 'r');
  return { address: `/proc/self/fd/${folder}/${name}`, close: () => closeSync(folder) };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
