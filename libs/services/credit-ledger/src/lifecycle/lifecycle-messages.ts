import { checkTime, repeatedMember, sentenceOf } from '@tallystick/contracts/http';
import {
  bareUsage,
  checkLifecycle,
  detailsOf,
  failureOf,
  HAS_DETAILS,
  isBinary,
  parseBinary,
  parseStructured,
  type LifecycleEvent,
} from '@tallystick/contracts/intake';
import type { Command } from '@tallystick/domain/ledger';
import type { ReceivedMessage } from '@tallystick/eventing';
import { endCommand, extendCommand, submitCommand } from '../commands/ledger-mapping';
import type { LedgerSettings } from '../settings';

export type ReadMessage =
  { readonly ok: true; readonly event: LifecycleEvent } | { readonly ok: false; readonly reason: string };

/** A message of jobs.lifecycle, structured or binary; the key is the organization where the data name none. `now`: epoch milliseconds. */
export function readLifecycle(
  { key, value, headers }: ReceivedMessage,
  now: number,
  limits: Pick<LedgerSettings, 'maxAheadSeconds'>,
): ReadMessage {
  const body = parsedJson(value);
  if (!body.ok) return body;
  const parsed = isBinary(headers, 'ce_') ? parseBinary(headers, 'ce_', body.value) : parseStructured(body.value);
  if (!parsed.ok) return { ok: false, reason: sentenceOf(parsed.errors) };
  const checked = checkLifecycle(parsed.event, { organizationId: key === '' ? undefined : key });
  if (!checked.ok) return { ok: false, reason: sentenceOf(checked.errors) };
  const late = checkTime(checked.event.occurredAt, 'time', now, limits);
  return late ? { ok: false, reason: sentenceOf([late]) } : checked;
}

export const organizationOf = ({ data }: LifecycleEvent): string => data.organizationId;

/** The command to the ledger; undefined where a message moves nothing. The headers `actor`, `project` and `HAS_DETAILS` come from job-intake. */
export function commandOf(
  event: LifecycleEvent,
  now: string,
  headers: ReceivedMessage['headers'],
): Command | undefined {
  const { actor, project } = headers;
  const { occurredAt, id: causationId, data } = event;
  const { organizationId } = data;
  const common = { organizationId, occurredAt, causationId, actor };
  const own = { ...common, projectId: project };
  switch (event.type) {
    case 'tallystick.job.submitted': {
      const { id: jobId, projectId, apiKeyId, operation, usage, features } = event.data;
      const job = {
        operation: operation ?? undefined,
        usage: bareUsage(usage),
        features: features ?? undefined,
        // Intake has taken them out of the message.
        hasDetails: headers[HAS_DETAILS] === 'true' || detailsOf(event.data) !== undefined,
      };
      return submitCommand(
        { ...common, jobId, projectId: projectId ?? 'default', apiKeyId: apiKeyId ?? undefined, ...job },
        now,
      );
    }
    case 'tallystick.job.completed': {
      const usage = bareUsage(event.data.usage);
      return endCommand({ ...own, jobId: event.data.id, outcome: { kind: 'completed', ...(usage && { usage }) } }, now);
    }
    case 'tallystick.job.failed':
      return endCommand(
        {
          ...own,
          jobId: event.data.id,
          outcome: { kind: 'failed', reason: failureOf(event.data.reason) },
        },
        now,
      );
    case 'tallystick.job.heartbeat':
      return extendCommand({ ...own, jobId: event.data.id }, now);
    // The work was done: a result that could not be delivered gives nothing back.
    case 'tallystick.job.delivery-failed':
      return undefined;
    case 'tallystick.usage.reported': {
      const { limit, projectId, value } = event.data;
      return {
        type: 'ReportUsage',
        limit,
        projectId: projectId ?? undefined,
        value,
        now,
        occurredAt,
        causationId,
        actor,
      };
    }
  }
}

function parsedJson(bytes: Uint8Array): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    const value: unknown = JSON.parse(text);
    const name = repeatedMember(text);
    if (name === undefined) return { ok: true, value };
    return { ok: false, reason: `It names the member ${JSON.stringify(name)} twice in one object.` };
  } catch {
    return { ok: false, reason: 'It is no JSON.' };
  }
}
