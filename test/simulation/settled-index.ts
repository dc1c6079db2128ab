import {
  decode,
  LEDGER_VIEWS,
  organizationOf,
  settledJob,
  type Job,
  type LedgerStreamEvent,
} from '@tallystick/domain/ledger';
import type { InMemoryEventStore } from '@tallystick/eventing-testing';

const jobsView = LEDGER_VIEWS.find(({ table }) => table.name === 'jobs')!;
type SettledJobModel = { readonly endedAt: string | null };

/** The index of settled jobs of a process: the real jobs view, folded from the log with a delay. */
export class SettledIndex {
  private position = -1;
  private readonly jobs = new Map<string, Map<string, SettledJobModel>>();
  /** Jobs in the form for decisions, until the next event of the job. */
  private readonly asked = new Map<SettledJobModel, Job | undefined>();
  private readonly indexed = new Map<string, number>();

  constructor(private readonly store: InMemoryEventStore) {}

  async catchUp(events = 1_000_000): Promise<void> {
    const page = await this.store.readLog(this.position, events, '');
    this.position = page.position;
    for (const recorded of page.events) {
      const organizationId = organizationOf(recorded.stream);
      this.take({ entityId: organizationId, revision: recorded.revision, event: decode(recorded) });
      this.indexed.set(organizationId, recorded.revision);
    }
  }

  indexedRevision(organizationId: string): number {
    return this.indexed.get(organizationId) ?? -1;
  }

  lookUp(organizationId: string, jobIds: readonly string[]): ReadonlyMap<string, Job> {
    const models = this.jobs.get(organizationId);
    const found = new Map<string, Job>();
    for (const jobId of jobIds) {
      const model = models?.get(jobId);
      const job = model && this.settled(model);
      if (job) found.set(jobId, job);
    }
    return found;
  }

  private settled(model: SettledJobModel): Job | undefined {
    if (!this.asked.has(model)) this.asked.set(model, settledJob(jobsView.write(model) as never));
    return this.asked.get(model);
  }

  private take(streamEvent: LedgerStreamEvent): void {
    const { entityId: organizationId } = streamEvent;
    const models = this.jobs.get(organizationId) ?? new Map<string, SettledJobModel>();
    this.jobs.set(organizationId, models);
    const ended = jobsView.removes?.(streamEvent)?.endedAt as { before: string } | undefined;
    if (ended)
      for (const [jobId, { endedAt }] of models) if (endedAt !== null && endedAt < ended.before) models.delete(jobId);
    for (const key of jobsView.keysOf(streamEvent)) {
      const jobId = key[1] as string;
      const model = (models.get(jobId) ?? jobsView.read(undefined, key)) as SettledJobModel;
      this.asked.delete(model);
      models.set(jobId, jobsView.fold(model, streamEvent) as SettledJobModel);
    }
  }
}
