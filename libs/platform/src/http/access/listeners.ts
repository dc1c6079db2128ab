import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Configuration } from '../../configuration';
import type { Listen } from '@tallystick/hosting';
import { isLoopback } from './hosts';

const internalSockets = new WeakSet<Socket>();

/** Whether a request came by the internal listener. */
export const isInternal = ({ raw }: FastifyRequest): boolean => internalSockets.has(raw.socket);

/**
 * Whether a request may see what concerns operators alone: it came by the internal listener, or from this machine by a listener
 * that only this machine can reach. What a reverse proxy has passed on came from elsewhere.
 */
export const isInside = (request: FastifyRequest, { listen: { host } }: Pick<Configuration, 'listen'>): boolean =>
  isInternal(request) || (isLoopback(host) && isLoopback(request.ip) && !isForwarded(request));

const isForwarded = ({ headers }: FastifyRequest): boolean =>
  headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;

/**
 * A second address of the same HTTP server: its connections are handed to it, so that all limits of connections hold for both.
 * Throws what listening throws, such as EADDRINUSE.
 */
export async function listenInternally(http: HttpServer, { host, port }: Listen): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    internalSockets.add(socket);
    http.emit('connection', socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return server;
}

/** Where others reach a listener; one that is on every address, by this machine's own. */
export function urlOf(server: Server, { host }: Listen): string {
  const { port } = server.address() as AddressInfo;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
