import { createReadStream } from 'node:fs';
import { usageError } from '../../command-exit';

export interface TextLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Longest line in characters, which is more than a server accepts in one request. */
const LONGEST = 16_777_216;

/**
 * Reads the text of a file in pieces, without its byte order mark. Throws if the file is not UTF-8: with another
 * encoding, values would match other values of a mapping.
 */
export async function* textOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw usageError(`${file} is not UTF-8. Save it as UTF-8, or convert it: iconv -f ENCODING -t UTF-8.`);
    }
  };
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) yield decoded(bytes);
  yield decoded();
}

/** Lines end only at LF or CRLF: JSON may contain other line separators of Unicode. */
export async function* linesOf(file: string): AsyncGenerator<TextLine> {
  let line = 0;
  let rest = '';
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const one of lines) yield { line: ++line, text: withoutReturn(one) };
    if (rest.length > LONGEST) throw usageError(`Line ${line + 1} of ${file} is longer than ${LONGEST} characters.`);
  }
  if (rest !== '') yield { line: line + 1, text: withoutReturn(rest) };
}

const withoutReturn = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text);
