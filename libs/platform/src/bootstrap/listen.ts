import type { Server } from 'node:http';
import type { Server as Listener } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Listen } from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';
import type { Configuration } from '../configuration';
import { listenInternally, urlOf } from '../http/access/listeners';

export interface InternalListener {
  readonly listener: Listener;
  readonly url: string;
}

/** Opens the internal listener first: a process that answers on the public one is complete. Throws StartupError. */
export async function listen(
  app: NestFastifyApplication,
  { listen: open, internalListen }: Configuration,
): Promise<InternalListener | undefined> {
  const http = app.getHttpServer() as Server;
  const listener =
    internalListen === undefined || internalListen === 'none'
      ? undefined
      : await orStartupError(listenInternally(http, internalListen), 'TALLY_INTERNAL_LISTEN', internalListen);
  // Not app.listen: the framework would log the same with fewer details.
  const opened = orStartupError(app.getHttpAdapter().getInstance().listen(open), 'TALLY_LISTEN', open);
  await opened.catch((error: unknown) => {
    listener?.close();
    throw error;
  });
  return listener && { listener, url: urlOf(listener, internalListen as Listen) };
}

async function orStartupError<T>(listening: Promise<T>, name: string, { host, port }: Listen): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const another = name === 'TALLY_LISTEN' ? 'with --port N' : 'or none';
    if (code === 'EADDRINUSE')
      throw new StartupError(
        `${name} is "${host}:${port}": that port is in use. Stop who uses it, or take another ${another}.`,
      );
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES')
      throw new StartupError(`${name} is "${host}:${port}": this machine cannot listen there (${code}).`);
    throw error;
  }
}

const IDLE_CHECK_MILLISECONDS = 25;

/** Takes no more connections and answers requests under way. After `seconds` the connections that are left are cut. */
export async function drain(
  app: NestFastifyApplication,
  internal: Listener | undefined,
  seconds: number,
): Promise<void> {
  const server = app.getHttpServer() as Server;
  const cut = setTimeout(() => server.closeAllConnections(), seconds * 1_000);
  // A connection that was busy when the server closed stays open for its next request.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS);
  const internalClosed = new Promise<void>((resolve) => (internal ? internal.close(() => resolve()) : resolve()));
  await app.getHttpAdapter().getInstance().close();
  await internalClosed;
  clearTimeout(cut);
  clearInterval(idle);
}
