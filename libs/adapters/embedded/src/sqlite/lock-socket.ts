import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Bytes of a socket's address on the systems that Node runs on (104 on macOS, 108 on Linux), without its last zero. */
const LONGEST_ADDRESS = 103;

export interface LockSocket {
  /** Its file's name in the directory. */
  readonly name: string;
  close(): void;
}

/**
 * A socket in the directory that the kernel keeps open for exactly as long as this process lives, stopped or not. Every process
 * that sees the directory can connect to it, also from other PID namespaces (containers). Undefined where the file system has no sockets.
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

/** Only a socket without a process behind it, or none at all, says that its owner has ended. */
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

/** A path that is too long for a socket is reached through the opened directory, on systems that have such paths. */
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
