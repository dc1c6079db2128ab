import type { EventLog } from '../log/event-log';
import { BINARY_CONTENT, type ProposedEvent, type Recorded } from '../log/records';

export const LINK_TYPE = '$>';

/** An event for a reader. With resolved links it contains the linked event and the link. */
export interface Resolved {
  /** Undefined if the linked event is truncated, deleted or missing. */
  readonly event?: Recorded;
  readonly link?: Recorded;
}

export function resolve(log: EventLog, event: Recorded, resolvesLinks: boolean): Resolved {
  if (!resolvesLinks || event.type !== LINK_TYPE) return { event };
  const [, revision, stream] = /^(\d+)@(.*)$/s.exec(Buffer.from(event.data).toString()) ?? [];
  if (revision === undefined || stream === undefined) return { event };
  return { event: log.index.visibleAt(stream, Number(revision)), link: event };
}

export const linkTo = ({ stream, revision }: Recorded, id: string): ProposedEvent => ({
  id,
  type: LINK_TYPE,
  contentType: BINARY_CONTENT,
  data: Buffer.from(`${revision}@${stream}`),
  metadata: Buffer.from('{}'),
});
