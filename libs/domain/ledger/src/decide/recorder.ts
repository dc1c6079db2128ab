import type { EventMetadata } from '@tallystick/domain/kernel';
import { schemaVersionOf } from '../codec';
import type { Answer, Command, LedgerDecision, Refusal } from '../commands';
import type { Draw, EventType, FactOf, LedgerEvent } from '../events';
import { jobGrantId, type JobGrantPurpose } from '../state/grant-ids';
import type { Ledger } from '../state/ledger';

/** The time of a decision. It never runs backwards, even where the clocks of two machines differ. */
export const decisionTime = (command: Command, ledger: Ledger): string =>
  command.now < ledger.now ? ledger.now : command.now;

/** Creates the events of one command: they share their metadata. */
export function recorder(command: Command, ledger: Ledger) {
  const now = decisionTime(command, ledger);
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

/** Grants credits beyond all other grants to one job, billed in arrears: they never become balance. */
export function grantForJob(record: Recorder, jobId: string, purpose: JobGrantPurpose, credits: number) {
  const grantId = jobGrantId(purpose, jobId);
  const kind = 'pay-as-you-go';
  const draw: Draw = { grantId, kind, credits };
  return { events: [record('CreditsGranted', { grantId, kind, credits, reason: 'overage', jobId })], draw };
}

export const DONE: Answer = { kind: 'done' };
export const refused = (refusal: Refusal) => ({ events: [], answer: { kind: 'refused', refusal } as const });
export const invalidCommand = (field: string, rule: string, message: string): LedgerDecision =>
  refused({ code: 'invalid_command', field, rule, message });
