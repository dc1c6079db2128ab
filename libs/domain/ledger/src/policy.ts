import { DAY } from '@tallystick/domain/kernel';
import type { Catalog } from '@tallystick/domain/catalog';
import type { Command, Refusal } from './commands';
import type { Draw, EventMetadata, EventType, FactOf, LedgerEvent } from './events';
import { schemaVersionOf } from './codec';
import type { Ledger } from './state/ledger';

/** What decisions go by beside the stream: the catalog of the day and the configured limits. */
export interface Policy {
  readonly catalog: Catalog;
  /** Days for which an ended job is known; older ones are refused as stale. */
  readonly jobWindowDays: number;
  /** The most jobs of one organization that may wait for their end at once. */
  readonly maxOpenJobs: number;
  /** The most outcomes of one organization that may wait for their job's submission. */
  readonly maxEarlyOutcomes: number;
}

export const DEFAULT_POLICY = { jobWindowDays: 35, maxOpenJobs: 100_000, maxEarlyOutcomes: 10_000 } as const;

export const windowMilliseconds = (policy: Policy): number => policy.jobWindowDays * DAY;

/** The ledger's time never runs backwards, whatever the clocks of two machines say. */
export const nowOf = (command: Command, ledger: Ledger): string =>
  command.now < ledger.now ? ledger.now : command.now;

/** Makes the events of one command: they share their metadata. */
export function recorder(command: Command, ledger: Ledger) {
  const now = nowOf(command, ledger);
  const metadata: EventMetadata = {
    schemaVersion: 1,
    occurredAt: command.occurredAt ?? now,
    recordedAt: now,
    correlationId: command.correlationId,
    causationId: command.causationId,
    actor: command.actor,
  };
  return <Type extends EventType>(type: Type, data: FactOf<Type>) => {
    const schemaVersion = schemaVersionOf(type, data);
    return {
      type,
      data,
      metadata: schemaVersion === 1 ? metadata : { ...metadata, schemaVersion },
    } as LedgerEvent;
  };
}

export type Recorder = ReturnType<typeof recorder>;

/**
 * Credits beyond all grants, billed in arrears: granted to this one job, so that they never become balance.
 * `payg` for what it reserves, `surplus` for what it used beyond: both may be needed, so their ids differ.
 */
export function grantForJob(record: Recorder, jobId: string, what: 'payg' | 'surplus', credits: number) {
  const data = {
    grantId: `${what}:${jobId}`,
    kind: 'pay-as-you-go',
    credits,
    reason: 'overage',
    jobId,
  } as const;
  const draw: Draw = { grantId: data.grantId, kind: data.kind, credits };
  return { events: [record('CreditsGranted', data)], draw };
}

/** Whether the id is that of a grant for a single job (`grantForJob`). */
export const isJobGrantId = (grantId: string): boolean => /^(payg|surplus):/.test(grantId);

/** Where the ids begin of grants that are given by a rule, not by hand: those of invoices, of trials and of overage. */
export const OWN_GRANT_IDS = ['invoice:', 'trial:', 'payg:', 'surplus:'] as const;
export const isOwnGrantId = (grantId: string): boolean => OWN_GRANT_IDS.some((prefix) => grantId.startsWith(prefix));

export const refused = (refusal: Refusal) => ({ events: [], answer: { kind: 'refused', refusal } as const });
