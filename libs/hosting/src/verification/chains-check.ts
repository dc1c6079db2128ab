import { Unreadable } from '@tallystick/domain/kernel';
import { ChainCheck, type RecordedEvent } from '@tallystick/eventing';
import type { AnyStreamDefinition } from '../stream/stream-definition';

/** Recomputes the hash chains of all streams, in the order of the log. */
export class ChainsCheck {
  private readonly checks = new Map<string, ChainCheck>();

  constructor(private readonly definition: Pick<AnyStreamDefinition, 'codec' | 'seal'>) {}

  /** Takes the next record of the log. Returns what is wrong with the chain of its stream there. */
  take(record: RecordedEvent): string[] {
    const { stream } = record;
    const check = this.checks.get(stream) ?? new ChainCheck(stream);
    this.checks.set(stream, check);
    const breaches = check.take(record);
    const { codec, seal } = this.definition;
    if (record.type !== seal?.eventType) return breaches;
    const event = codec.decode(record);
    const sealed = event instanceof Unreadable ? undefined : seal.sealIn(event);
    return sealed ? [...breaches, ...check.takeSeal(sealed)] : breaches;
  }

  /** Streams with an older part that no hash and no seal covers. */
  get unsealed(): number {
    let count = 0;
    for (const check of this.checks.values()) if (check.lacksSeal) count += 1;
    return count;
  }
}
