import type { Client } from '../client/client';
import { sentenceOf } from '../client/problem';
import { no } from '../stop';
import { badPlaces, refusal } from './answers';
import type { Message } from './messages';
import type { Outcome, RowBook } from './row-book';

const CLOUDEVENTS = 'application/cloudevents-batch+json';
const NOT_FOUND = 404;
const UNPROCESSABLE = 422;

interface Limit {
  readonly id: string;
  readonly scope: 'organization' | 'project';
  /** Counted by the ledger itself: not reported. */
  readonly counts?: string;
}

interface Report {
  readonly limit?: string;
  readonly projectId?: string;
}

/** What has no route of its own and goes over the bus. The bus gives no answer, so what the ledger would refuse is found out before. */
export class BusEvents {
  private readonly organizations = new Map<string, boolean>();
  private limits: readonly Limit[] | undefined;

  constructor(
    private readonly client: Client,
    private readonly book: RowBook,
  ) {}

  async send(events: readonly Message[]): Promise<void> {
    const good: Message[] = [];
    for (const message of events) {
      const refused = await this.refused(message);
      if (refused) this.book.record(message.row, refused);
      else good.push(message);
    }
    await this.publish(good);
  }

  private async refused(message: Message): Promise<Outcome | undefined> {
    const { organizationId, body } = message;
    if (organizationId !== undefined && !(await this.isOrganization(organizationId)))
      return refusal(message, 'unknown_organization', 'There is no such organization. Check its id.');
    if (body.type !== 'tallystick.usage.reported') return undefined;
    const { limit, projectId } = body.data as Report;
    const definition = (await this.reportedLimits()).find(({ id }) => id === limit);
    if (!definition)
      return refusal(message, 'invalid_command', `data.limit: The catalog has no limit ${limit} that is reported.`);
    if (definition.scope === 'project' && projectId == null)
      return refusal(
        message,
        'invalid_command',
        `data.projectId: Limit ${limit} is counted per project: name the project.`,
      );
    return undefined;
  }

  /** The server takes all events of a request or none: those that it names as bad are left out of the next one. */
  private async publish(batch: readonly Message[]): Promise<void> {
    for (let waiting = batch; waiting.length > 0;) {
      const call = { path: '/v1/events', body: waiting.map(({ body }) => body), contentType: CLOUDEVENTS };
      const { status, body } = await this.client.request({ ...call, as: 'service' }, [UNPROCESSABLE]);
      const isTaken = status !== UNPROCESSABLE;
      const bad = isTaken ? new Map<number, string>() : badPlaces(body);
      if (!isTaken && bad.size === 0) throw no(sentenceOf(status, body, this.client.where), body);
      for (const [at, message] of waiting.entries()) {
        const said = bad.get(at);
        if (said !== undefined) this.book.record(message.row, refusal(message, 'invalid_input', said));
        else if (isTaken) this.book.record(message.row, { kind: 'accepted', credits: 0 });
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

  private async reportedLimits(): Promise<readonly Limit[]> {
    this.limits ??= (await this.client.get<{ limits: readonly Limit[] }>('/v1/catalog', {}, 'service')).limits;
    return this.limits.filter(({ counts }) => counts === undefined);
  }
}
