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

/** Answers data that is no HTTP request, or is incomplete in time: hooks and filters do not receive it. */
export function refuseUnreadable({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const response = (socket as { _httpMessage?: { headersSent: boolean } })._httpMessage;
  // Nothing can be written into an answer that is being sent.
  if (socket.writable && !response?.headersSent) socket.write(answer(problemOfStatus(STATUS[code] ?? 400)));
  socket.destroy();
}

/** Refuses CONNECT, which only proxies support. */
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
