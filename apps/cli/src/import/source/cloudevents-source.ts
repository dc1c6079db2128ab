import { open } from 'node:fs/promises';
import { repeatedMember, type FieldError } from '@tallystick/contracts/http';
import { checkLifecycle, parseStructured, type CloudEvent, type LifecycleEvent } from '@tallystick/contracts/intake';
import {
  isBadLine,
  type BadLine,
  type ImportMessage,
  type MessageKind,
  type ImportSource,
  type SourceSurvey,
} from './messages';
import { BadRow } from '../mapping/rows';
import { linesOf, textOf, type TextLine } from './text-file';

/** Reads CloudEvents as JSON: one per line as a stream, or one array as a whole. Applies the checks of the server. */
export class CloudEventsSource implements ImportSource {
  constructor(private readonly file: string) {}

  async survey(): Promise<SourceSurvey> {
    let rows = 0;
    let last: number | undefined;
    for await (const item of this.messages(0, 0)) {
      rows = item.row;
      if (isBadLine(item)) continue;
      const time = (item.body.occurredAt ?? item.body.time) as string | undefined;
      if (time !== undefined) last = Math.max(last ?? -Infinity, Date.parse(time));
    }
    return { rows, last };
  }

  async *messages(after: number, shift: number): AsyncGenerator<ImportMessage | BadLine> {
    let row = 0;
    for await (const { line, text } of this.lines()) {
      if (text.trim() === '' || ++row <= after) continue;
      try {
        yield { row, line, text, closes: true, ...messageOf(read(text), shift) };
      } catch (error) {
        if (!(error instanceof BadRow)) throw error;
        yield { row, line, text: text.slice(0, 1_000), code: error.code, reason: error.message };
      }
    }
  }

  private async *lines(): AsyncGenerator<TextLine> {
    if (await startsWithBracket(this.file)) yield* await elements(this.file);
    else yield* linesOf(this.file);
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

/** Elements of a JSON array, numbered as lines. */
async function elements(file: string): Promise<TextLine[]> {
  let text = '';
  for await (const piece of textOf(file)) text += piece;
  try {
    const list = JSON.parse(text) as unknown[];
    return list.map((event, at) => ({ line: at + 1, text: JSON.stringify(event) }));
  } catch {
    return [{ line: 1, text: '[' }];
  }
}

type EventData = Readonly<Record<string, unknown>>;
interface ReadEvent {
  readonly envelope: CloudEvent;
  readonly event: LifecycleEvent;
  readonly organizationId?: string;
}

/** Placeholder for a missing organization, which the server derives from the caller's key. */
const UNNAMED = 'unnamed';

function read(text: string): ReadEvent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BadRow('the line is not JSON');
  }
  const name = repeatedMember(text);
  if (name !== undefined) throw new BadRow(`an object names the member ${JSON.stringify(name)} twice`);
  const parsed = parseStructured(json);
  if (!parsed.ok) throw invalid(parsed.errors);
  const { event: envelope } = parsed;
  const isNamed = (envelope.data as EventData | null | undefined)?.organizationId != null;
  const checked = checkLifecycle(envelope, { organizationId: UNNAMED });
  if (!checked.ok) throw invalid(checked.errors);
  const { event } = checked;
  return { envelope, event, organizationId: isNamed ? event.data.organizationId : undefined };
}

const invalid = (errors: readonly FieldError[]): BadRow => {
  const said = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  return new BadRow(said.join(' '), 'invalid_input');
};

const KINDS: Readonly<Record<string, MessageKind>> = {
  'tallystick.job.submitted': 'submit',
  'tallystick.job.completed': 'complete',
  'tallystick.job.failed': 'fail',
  'tallystick.job.heartbeat': 'heartbeat',
};

function messageOf(
  { envelope, event, organizationId }: ReadEvent,
  shift: number,
): Pick<ImportMessage, 'kind' | 'organizationId' | 'jobId' | 'body'> {
  const kind = KINDS[event.type] ?? 'event';
  const { id, jobId: _alias, occurredAt: _own, organizationId: _filled, ...data } = event.data as unknown as EventData;
  const { occurredAt: at } = event;
  const occurredAt = at === undefined ? undefined : new Date(Date.parse(at) + shift).toISOString();
  const named = { ...(organizationId !== undefined && { organizationId }) };
  const common = { kind, ...named, jobId: typeof id === 'string' ? id : '' };
  switch (kind) {
    case 'submit':
      return { ...common, body: { ...data, id, ...named, occurredAt } };
    case 'complete':
    case 'fail':
      return {
        ...common,
        body: {
          id,
          ...named,
          outcome: kind === 'fail' ? 'failed' : 'completed',
          usage: data.usage,
          reason: data.reason,
          occurredAt,
        },
      };
    case 'heartbeat':
      return { ...common, body: named };
    case 'event':
      return {
        ...common,
        body: {
          specversion: '1.0',
          id: envelope.id,
          source: envelope.source,
          type: event.type,
          time: occurredAt,
          data: { ...data, id, ...named },
        },
      };
  }
}
