import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problem } from '@tallystick/contracts/http';
import { correlationIdOf } from '../../logging';
import { bodyOf, PROBLEM_JSON, problemOfStatus } from '../problems/problem-of';

const STATUS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** What is no HTTP request, or does not arrive in time, never becomes one that hooks and filters could answer. */
export function refuseUnreadable({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const response = (socket as { _httpMessage?: { headersSent: boolean } })._httpMessage;
  // Into an answer that is being sent nothing else can be written.
  if (socket.writable && !response?.headersSent) socket.write(answer(problemOfStatus(STATUS[code] ?? 400)));
  socket.destroy();
}

/** A tunnel is asked of a proxy. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy()).end(answer(problemOfStatus(400)));
  });
}

function answer(problem: Problem): string {
  const body = JSON.stringify(bodyOf(problem, correlationIdOf({})));
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'connection: close',
    `content-type: ${PROBLEM_JSON}`,
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
