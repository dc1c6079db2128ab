import { randomUUID } from 'node:crypto';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;
const GIVEN = /^[A-Za-z0-9._:-]{1,128}$/;

/** The trace's id where the caller traces, its own id where it sends a usable one, else a new one. */
export function correlationIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const traceparent = headers['traceparent'];
  const traced = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  const given = headers['x-correlation-id'];
  return traced ?? (typeof given === 'string' && GIVEN.test(given) ? given : randomUUID());
}
