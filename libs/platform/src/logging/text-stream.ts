import type { DestinationStream } from 'pino';

const HIDDEN = new Set(['level', 'time', 'service', 'name', 'msg', 'context', 'err', 'stack']);

/** For a person at a terminal: one line an entry, an error's stack below it. */
export const textStream = (out: NodeJS.WritableStream = process.stdout): DestinationStream => ({
  write: (line) => void out.write(`${textOf(JSON.parse(line) as Entry)}\n`),
});

type Entry = Readonly<Record<string, unknown>> & { readonly err?: { readonly stack?: string } };

function textOf(entry: Entry): string {
  const members = Object.entries(entry).filter(([name]) => !HIDDEN.has(name));
  const rest = members.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const level = String(entry['level']);
  const parts = [
    String(entry['time']).slice(11, 23),
    level === 'info' ? '' : level,
    entry['context'],
    entry['msg'],
    ...rest,
  ];
  const stack = entry.err?.stack ?? entry['stack'];
  const line = parts.filter((part) => part !== '' && part != null).join(' ');
  return typeof stack === 'string' ? `${line}\n${stack}` : line;
}
