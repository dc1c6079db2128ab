import { isTime } from '../dto/rules';
import type { FieldError } from '../problems';

/** A CloudEvent 1.0 whose envelope holds; its data is still to be looked at. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly data: unknown;
}

export type ParsedEvent =
  | { readonly ok: true; readonly event: CloudEvent }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export const STRUCTURED = 'application/cloudevents+json';
export const BATCHED = 'application/cloudevents-batch+json';
const MAX_ATTRIBUTE = 1_024;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;
const mediaType = (headers: Headers): string =>
  String(headers['content-type'] ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();

/** Which of the protocol's two modes a message is in: `ce-` headers over HTTP, `ce_` over Kafka. */
export const isBinary = (headers: Headers, prefix: 'ce-' | 'ce_'): boolean =>
  mediaType(headers) !== STRUCTURED && headers[`${prefix}specversion`] !== undefined;

/** Structured mode: envelope and data in one JSON object. */
export function parseStructured(value: unknown): ParsedEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('', 'object', 'Give one CloudEvent as a JSON object.');
  const envelope = value as Record<string, unknown>;
  if (envelope['data_base64'] !== undefined)
    return refuse('data_base64', 'json', 'Give the data as JSON in `data`; encoded data is not taken.');
  return checked(envelope, envelope['data'], envelope['datacontenttype']);
}

/** Binary mode: the envelope in headers, the data as the body. */
export function parseBinary(headers: Headers, prefix: 'ce-' | 'ce_', data: unknown): ParsedEvent {
  const envelope: Record<string, unknown> = {};
  for (const name of ['specversion', 'id', 'source', 'type', 'subject', 'time']) {
    const value = headers[prefix + name];
    if (value !== undefined) envelope[name] = prefix === 'ce-' ? decoded(String(value)) : String(value);
  }
  return checked(envelope, data, mediaType(headers) || undefined);
}

function checked(envelope: Record<string, unknown>, data: unknown, contentType: unknown): ParsedEvent {
  const errors: FieldError[] = [];
  const no = (field: string, rule: string, message: string) => errors.push({ field, rule, message });
  if (envelope['specversion'] !== '1.0')
    no('specversion', 'version', 'Give a CloudEvent of specversion 1.0.');
  for (const field of ['id', 'source', 'type'])
    if (!isAttribute(envelope[field]))
      no(field, 'text', `Give ${field} as a text of 1 to ${MAX_ATTRIBUTE} characters.`);
  const { subject, time } = envelope;
  if (subject != null && !isAttribute(subject))
    no('subject', 'text', 'Give subject as a text, or leave it out.');
  if (time != null && !isTime(time))
    no('time', 'time', 'Give a time as ISO 8601 with its zone, like 2026-11-21T09:30:00Z.');
  if (contentType != null && !isJson(contentType))
    no('datacontenttype', 'json', 'Give the data as application/json.');
  if (errors.length > 0) return { ok: false, errors };
  const { id, source, type } = envelope as { id: string; source: string; type: string };
  return {
    ok: true,
    event: { id, source, type, data, ...(subject != null && { subject: subject as string }), ...(time != null && { time: time as string }) }, // prettier-ignore
  };
}

const isAttribute = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_ATTRIBUTE;
const isJson = (contentType: unknown): boolean =>
  typeof contentType === 'string' && /^\s*(application|text)\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType);
const refuse = (field: string, rule: string, message: string): ParsedEvent => ({
  ok: false,
  errors: [{ field, rule, message }],
});

/** HTTP headers carry what is not ASCII percent-encoded. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
