import type { CliClient } from '../../client/client';
import { sentenceOf } from '../../client/problem';
import { commandError } from '../../command-exit';
import { invalidIndexes, refusedRow } from './batch-results';
import type { ImportMessage } from '../source/messages';
import type { RowResult, ImportTracker } from '../progress/import-tracker';

const CLOUDEVENTS = 'application/cloudevents-batch+json';
const NOT_FOUND = 404;
const UNPROCESSABLE = 422;

interface PlanLimit {
  readonly id: string;
  readonly scope: 'organization' | 'project';
  /** Set if the ledger counts this limit itself. */
  readonly counts?: string;
}

interface UsageReport {
  readonly limit?: string;
  readonly projectId?: string;
}

/**
 * Sends messages that have no route and are published on the bus. Checks them first, because the bus returns no
 * decision.
 */
export class BusEvents {
  private readonly organizations = new Map<string, boolean>();
  private limits: readonly PlanLimit[] | undefined;

  constructor(
    private readonly client: CliClient,
    private readonly tracker: ImportTracker,
  ) {}

  async send(events: readonly ImportMessage[]): Promise<void> {
    const good: ImportMessage[] = [];
    for (const message of events) {
      const refused = await this.refused(message);
      if (refused) this.tracker.record(message.row, refused);
      else good.push(message);
    }
    await this.publish(good);
  }

  private async refused(message: ImportMessage): Promise<RowResult | undefined> {
    const { organizationId, body } = message;
    if (organizationId !== undefined && !(await this.isOrganization(organizationId)))
      return refusedRow(message, 'unknown_organization', 'The organization does not exist. Check its id.');
    if (body.type !== 'tallystick.usage.reported') return undefined;
    const { limit, projectId } = body.data as UsageReport;
    const definition = (await this.reportedLimits()).find(({ id }) => id === limit);
    if (!definition)
      return refusedRow(
        message,
        'invalid_command',
        `data.limit: The catalog has no limit ${limit} for reported usage.`,
      );
    if (definition.scope === 'project' && projectId == null)
      return refusedRow(
        message,
        'invalid_command',
        `data.projectId: Limit ${limit} is counted per project: add the project.`,
      );
    return undefined;
  }

  /** The server accepts all events of a request or none. Invalid events are removed, and the others are sent again. */
  private async publish(batch: readonly ImportMessage[]): Promise<void> {
    for (let waiting = batch; waiting.length > 0;) {
      const call = { path: '/v1/events', body: waiting.map(({ body }) => body), contentType: CLOUDEVENTS };
      const { status, body } = await this.client.request({ ...call, as: 'service' }, [UNPROCESSABLE]);
      const isTaken = status !== UNPROCESSABLE;
      const bad = isTaken ? new Map<number, string>() : invalidIndexes(body);
      if (!isTaken && bad.size === 0) throw commandError(sentenceOf(status, body, this.client.where), body);
      for (const [at, message] of waiting.entries()) {
        const said = bad.get(at);
        if (said !== undefined) this.tracker.record(message.row, refusedRow(message, 'invalid_input', said));
        else if (isTaken) this.tracker.record(message.row, { kind: 'accepted', credits: 0 });
      }
      waiting = isTaken ? [] : waiting.filter((_, at) => !bad.has(at));
    }
  }

  private async isOrganization(id: string): Promise<boolean> {
    const found = this.organizations.get(id);
    if (found !== undefined) return found;
    const call = { path: `/v1/organizations/${encodeURIComponent(id)}`, as: 'service' } as const;
    const isThere = (await this.client.request(call, [NOT_FOUND])).status !== NOT_FOUND;
    this.organizations.set(id, isThere);
    return isThere;
  }

  private async reportedLimits(): Promise<readonly PlanLimit[]> {
    this.limits ??= (await this.client.get<{ limits: readonly PlanLimit[] }>('/v1/catalog', {}, 'service')).limits;
    return this.limits.filter(({ counts }) => counts === undefined);
  }
}
