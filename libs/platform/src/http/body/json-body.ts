import { isUtf8 } from 'node:buffer';
import { invalidInput, Problem } from '@tallystick/contracts/http';

/** Media types of JSON, including those of CloudEvents. */
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json$/i;
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]*))/i;
/** UTF-8 and its subset ASCII. */
const CHARSETS = /^(utf-?8|us-ascii|ascii)$/i;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Throws Problem 415 for anything but JSON in UTF-8. */
export function assertJsonType({ 'content-type': type = '' }: Headers): void {
  const text = String(type);
  if (!JSON_TYPES.test(text.split(';')[0]!.trim())) throw unsupported('Send JSON: `Content-Type: application/json`.');
  const [, quoted, plain] = CHARSET.exec(text) ?? [];
  const charset = quoted ?? plain;
  if (charset !== undefined && !CHARSETS.test(charset))
    throw unsupported('Send JSON in UTF-8: `Content-Type: application/json; charset=utf-8`.');
}

const unsupported = (detail: string): Problem => new Problem(415, 'unsupported_media_type', detail);

/** Whether the body is compressed. Throws Problem 415 for encodings other than gzip. */
export function isGzipped({ 'content-encoding': encoding = '' }: Headers): boolean {
  switch (String(encoding).trim().toLowerCase()) {
    case '':
    case 'identity':
      return false;
    case 'gzip':
    case 'x-gzip':
      return true;
    default:
      throw unsupported('Send the body as it is, or compressed once: `Content-Encoding: gzip`.');
  }
}

/** Maximum number of values in one body. A batch of 1,000 jobs may have a few hundred for each. */
const MOST_VALUES = 500_000;
/** Approximate upper bound of the memory of a parsed value: a parsed body may need many times its length. */
const VALUE_BYTES = 64;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Bytes of memory that the parsed body needs, found without parsing it. Throws Problem 422 for more than
 * `mostDeep` levels of nesting, 413 for too many values.
 */
export function memoryOf(json: Buffer, mostDeep: number): number {
  let [values, depth] = [1, 0];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfText(json, at + 1);
    else if (byte === COMMA) values += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values += 1;
      depth += 1;
      if (depth > mostDeep) throw tooDeep(mostDeep);
    }
  }
  if (values > MOST_VALUES) throw tooManyValues();
  return values * VALUE_BYTES;
}

function endOfText(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** The text of a body. A byte order mark stays: the parser ignores it, as RFC 8259 allows. */
export function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes))
    throw new Problem(400, 'invalid_json', 'The body has bytes that are not UTF-8. Send JSON in UTF-8.');
  return bytes.toString('utf8');
}

const tooDeep = (most: number): Problem =>
  invalidInput([{ field: '', rule: 'depth', message: `Give a body with at most ${most} levels of nesting.` }]);

const tooManyValues = (): Problem =>
  new Problem(413, 'body_too_large', `The body has more than ${MOST_VALUES} values. Send it in several requests.`);
