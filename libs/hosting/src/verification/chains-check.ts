import { readEvent } from '@tallystick/domain/ledger';
import { Unreadable } from '@tallystick/domain/kernel';
import { ChainCheck, type RecordedEvent } from '@tallystick/eventing';

/** The hash chains of all streams, recomputed in the order of the log. */
export class ChainsCheck {
  private readonly checks = new Map<string, ChainCheck>();

  /** Takes the next record of the log; answers what is wrong with the chain of its stream there, in words. */
  take(record: RecordedEvent): string[] {
    const { stream } = record;
    const check = this.checks.get(stream) ?? new ChainCheck(stream);
    this.checks.set(stream, check);
    const breaches = check.take(record);
    if (record.type !== 'HistorySealed') return breaches;
    const event = readEvent(record);
    if (event instanceof Unreadable || event.type !== 'HistorySealed') return breaches;
    return [...breaches, ...check.takeSeal(event.data)];
  }

  /** Streams whose older part nothing covers yet. */
  get unsealed(): number {
    let count = 0;
    for (const check of this.checks.values()) if (check.lacksSeal) count += 1;
    return count;
  }
}
