import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { isObject } from './mapping-checks';
import { isBad, type BadLine, type CloudEvent, type Message, type Source } from './messages';
import { BadRow } from './rows';

interface Line {
  readonly line: number;
  readonly text: string;
}

/** CloudEvents as JSON: one a line, read as a stream, or one array, read as a whole. */
export class CloudEventsSource implements Source {
  constructor(private readonly file: string) {}

  async survey() {
    let rows = 0;
    let last: number | undefined;
    for await (const item of this.messages(0, 0)) {
      rows = item.row;
      if (!isBad(item) && item.event.time !== undefined)
        last = Math.max(last ?? -Infinity, Date.parse(item.event.time));
    }
    return { rows, last };
  }

  async *messages(after: number, shift: number): AsyncGenerator<Message | BadLine> {
    let row = 0;
    for await (const { line, text } of this.lines()) {
      if (text.trim() === '' || ++row <= after) continue;
      try {
        yield { row, line, text, closes: true, event: moved(read(text), shift) };
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        yield { row, line, text: text.slice(0, 1_000), reason: error.message };
      }
    }
  }

  private async *lines(): AsyncGenerator<Line> {
    if (await startsWithBracket(this.file)) return yield* await elements(this.file);
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(this.file), crlfDelay: Infinity }))
      yield { line: ++line, text: line === 1 ? text.replace(/^\uFEFF/, '') : text };
  }
}

async function startsWithBracket(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_096), 0, 4_096, 0);
    return /^\uFEFF?\s*\[/.test(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Lines of an array are not known: its elements are counted instead. */
async function elements(file: string): Promise<Line[]> {
  try {
    const list = JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, '')) as unknown[];
    return list.map((event, at) => ({ line: at + 1, text: JSON.stringify(event) }));
  } catch {
    return [{ line: 1, text: '[' }];
  }
}

function read(text: string): CloudEvent {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    throw new BadRow('the line is no JSON');
  }
  if (!isObject(event)) throw new BadRow('the line is no CloudEvent: it must be an object');
  if (event.specversion !== '1.0') throw new BadRow('specversion must be "1.0"');
  for (const member of ['id', 'source', 'type'])
    if (typeof event[member] !== 'string' || event[member] === '')
      throw new BadRow(`the CloudEvent has no ${member}`);
  if (!isObject(event.data)) throw new BadRow('the CloudEvent has no data');
  if (event.time !== undefined && !(typeof event.time === 'string' && !Number.isNaN(Date.parse(event.time))))
    throw new BadRow('time must be an ISO 8601 time');
  return event as unknown as CloudEvent;
}

const moved = (event: CloudEvent, shift: number): CloudEvent =>
  event.time === undefined
    ? event
    : { ...event, time: new Date(Date.parse(event.time) + shift).toISOString() };
