import { randomUUID } from 'node:crypto';
import type { EventLog } from './event-log';
import { linkTo } from '../reads/links';
import { JSON_CONTENT, type ProposedEvent, type Recorded } from './records';
import { METADATA_TYPE, parsed } from './stream-metadata';

const STATISTICS = '$stats-127.0.0.1:2113';
const STATISTICS_MS = 30_000;

/** Events that the server writes itself, so that `$all` contains more than the events of clients. */
export class OwnEvents {
  private timers: NodeJS.Timeout[] = [];
  private stopLinking: () => void = () => undefined;

  constructor(
    private readonly log: EventLog,
    private readonly options: { readonly firstEventMs: number; readonly projections: boolean },
  ) {}

  start(): void {
    this.log.writeFiller();
    if (this.log.events.length === 0) this.after(this.options.firstEventMs, () => this.writeFirst());
    this.timers.push(setInterval(() => this.writeStatistics(), STATISTICS_MS).unref());
    if (this.options.projections) this.stopLinking = this.log.listen((event) => this.link(event));
  }

  stop(): void {
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
    this.stopLinking();
  }

  writeStatistics(): void {
    this.write(STATISTICS, '$statsCollected', { 'proc-startTime': new Date().toISOString() });
  }

  private writeFirst(): void {
    this.write('$$$scavenges', METADATA_TYPE, { $maxCount: 50 });
  }

  /** Links of the standard projections: by category, type and correlation, and two more for the first event of a stream. */
  private link(event: Recorded): void {
    if (event.stream.startsWith('$') || event.type.startsWith('$')) return;
    const category = /^([^-]+)-/.exec(event.stream)?.[1];
    const streams = [`$et-${event.type}`];
    if (category !== undefined) streams.push(`$ce-${category}`);
    const correlation = parsed(event.metadata)?.['$correlationId'];
    if (typeof correlation === 'string') streams.push(`$bc-${correlation}`);
    if (event.revision === 0) streams.push('$streams', ...(category ? [`$category-${category}`] : []));
    this.after(1, () => {
      for (const stream of streams) this.log.append(stream, 'any', [linkTo(event, randomUUID())]);
    });
  }

  private write(stream: string, type: string, data: object): void {
    this.log.append(stream, 'any', [messageOf(type, data)]);
  }

  private after(milliseconds: number, work: () => void): void {
    if (milliseconds === 0) work();
    else this.timers.push(setTimeout(work, milliseconds).unref());
  }
}

const messageOf = (type: string, data: object): ProposedEvent => ({
  id: randomUUID(),
  type,
  contentType: JSON_CONTENT,
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.alloc(0),
});
