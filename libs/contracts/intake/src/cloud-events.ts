import { isTime } from '@tallystick/contracts/http';
import type { FieldError } from '@tallystick/contracts/http';

/** A CloudEvent 1.0 with a valid envelope. Its data is not checked yet. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly data: unknown;
}

export type ParsedEvent =
  { readonly ok: true; readonly event: CloudEvent } | { readonly ok: false; readonly errors: readonly FieldError[] };

export const STRUCTURED = 'application/cloudevents+json';
export const BATCHED = 'application/cloudevents-batch+json';
const MAX_ATTRIBUTE = 1_024;

type EventHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;
const mediaType = (headers: EventHeaders): string =>
  String(headers['content-type'] ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();

/** Whether a message is in binary mode: attributes in `ce-` headers over HTTP, in `ce_` headers over Kafka. */
export const isBinary = (headers: EventHeaders, prefix: 'ce-' | 'ce_'): boolean =>
  !mediaType(headers).startsWith('application/cloudevents') && headers[`${prefix}specversion`] !== undefined;

/** Structured mode: attributes and data in one JSON object. */
export function parseStructured(value: unknown): ParsedEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('', 'object', 'Give one CloudEvent as a JSON object.');
  const { data, data_base64: encoded, ...envelope } = value as Record<string, unknown>;
  if (encoded == null) return checked(envelope, data);
  if (data != null) return refuse('data_base64', 'json', 'Give the data in `data` or in `data_base64`, not both.');
  const decoded = decodedData(encoded);
  if (!decoded) return refuse('data_base64', 'json', 'Give JSON, in UTF-8, encoded in base64.');
  return checked(envelope, decoded.data);
}

/** Binary mode: attributes in headers, the data as the body. */
export function parseBinary(headers: EventHeaders, prefix: 'ce-' | 'ce_', data: unknown): ParsedEvent {
  const envelope: Record<string, unknown> = {};
  for (const name of ['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema']) {
    const value = headers[prefix + name];
    if (value === undefined) continue;
    const text = prefix === 'ce-' ? decodedHeader(String(value)) : String(value);
    if (text === undefined)
      return refuse(name, 'encoding', `Give ${prefix}${name} with every % followed by two digits of UTF-8.`);
    envelope[name] = text;
  }
  return checked({ ...envelope, datacontenttype: mediaType(headers) || undefined }, data);
}

function checked(envelope: Record<string, unknown>, data: unknown): ParsedEvent {
  const errors: FieldError[] = [];
  const add = (field: string, rule: string, message: string) => errors.push({ field, rule, message });
  if (envelope['specversion'] !== '1.0') add('specversion', 'version', 'Give a CloudEvent of specversion 1.0.');
  for (const field of ['id', 'source', 'type'])
    if (!isAttribute(envelope[field]))
      add(field, 'text', `Give ${field} as a text of 1 to ${MAX_ATTRIBUTE} characters.`);
  for (const field of ['subject', 'dataschema'])
    if (envelope[field] != null && !isAttribute(envelope[field]))
      add(field, 'text', `Give ${field} as a text of 1 to ${MAX_ATTRIBUTE} characters, or leave it out.`);
  const { subject, time, datacontenttype } = envelope;
  if (time != null && !isTime(time))
    add('time', 'time', 'Give a time as ISO 8601 with its zone, like 2026-11-21T09:30:00Z.');
  if (datacontenttype != null && !isJson(datacontenttype))
    add('datacontenttype', 'json', 'Give the data as application/json.');
  errors.push(...extensionErrors(envelope));
  if (errors.length > 0) return { ok: false, errors };
  const { id, source, type } = envelope as { id: string; source: string; type: string };
  return {
    ok: true,
    event: {
      id,
      source,
      type,
      data,
      ...(subject != null && { subject: subject as string }),
      ...(time != null && { time: time as string }),
    },
  };
}

/** Extension attributes are not used. An invalid one may be a misspelt attribute. */
function extensionErrors(envelope: Record<string, unknown>): FieldError[] {
  return Object.entries(envelope).flatMap(([field, value]) => {
    if (!/^[a-z0-9]+$/.test(field))
      return [{ field, rule: 'name', message: 'Name attributes with lower-case letters and digits only.' }];
    if (value == null || ['string', 'boolean'].includes(typeof value) || isInt32(value) || CORE.has(field)) return [];
    return [{ field, rule: 'attribute', message: 'Give a text, a whole number, true or false.' }];
  });
}

const CORE = new Set(['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', 'datacontenttype']);
const isInt32 = (value: unknown): boolean => Number.isInteger(value) && (value as number) === ((value as number) | 0);
const isAttribute = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_ATTRIBUTE;
const isJson = (contentType: unknown): boolean =>
  typeof contentType === 'string' && /^\s*[\w.+-]+\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType);
const refuse = (field: string, rule: string, message: string): ParsedEvent => ({
  ok: false,
  errors: [{ field, rule, message }],
});

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodedData(encoded: unknown): { readonly data: unknown } | undefined {
  if (typeof encoded !== 'string' || !BASE64.test(encoded)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
    return { data: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Header values are percent-encoded. Older producers put them in double quotes. */
function decodedHeader(value: string): string | undefined {
  const [, quoted] = /^"((?:[^"\\]|\\.)*)"$/s.exec(value) ?? [];
  try {
    return decodeURIComponent(quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1'));
  } catch {
    return undefined;
  }
}
