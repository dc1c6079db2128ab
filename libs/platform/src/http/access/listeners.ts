import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Configuration } from '../../configuration';
import type { Listen } from '@tallystick/hosting';
import { isLoopback } from './hosts';

const internalSockets = new WeakSet<Socket>();

/** Whether the internal listener received the request. */
export const isInternal = ({ raw }: FastifyRequest): boolean => internalSockets.has(raw.socket);

/**
 * Whether a request may see operational details without a key: the internal listener received it, or a loopback listener did and no
 * reverse proxy forwarded it.
 */
export const isInside = (request: FastifyRequest, { listen: { host } }: Pick<Configuration, 'listen'>): boolean =>
  isInternal(request) || (isLoopback(host) && isLoopback(request.ip) && !isForwarded(request));

const isForwarded = ({ headers }: FastifyRequest): boolean =>
  headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;

/**
 * Opens a second address of the same HTTP server and passes its connections to it, so that connection limits apply to both.
 * Throws the errors of listening, such as EADDRINUSE.
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

/** The URL of a listener. For a wildcard address, it has an address of this machine. */
export function urlOf(server: Server, { host }: Listen): string {
  const { port } = server.address() as AddressInfo;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
