import {
  decodeMetadata,
  organizationOf,
  type LedgerEvent,
  type LedgerStreamEvent,
  type SkippedEvent,
  type StoredMetadata,
} from '@tallystick/domain/ledger';
import type { Admitted } from '@tallystick/eventing';

/** A record of the log as views fold it and as it is published. */
export const toStreamEvent = (admitted: Admitted<LedgerEvent>): LedgerStreamEvent => ({
  entityId: organizationOf(admitted.recorded.stream),
  revision: admitted.recorded.revision,
  event: admitted.event ?? skipped(admitted),
});

function skipped({ recorded, acceptance }: Admitted<LedgerEvent>): SkippedEvent {
  const { revision, metadata } = acceptance!;
  const data = { eventId: recorded.id, acceptedAt: revision };
  return { type: 'ForeignEventSkipped', data, metadata: decodeMetadata(metadata as StoredMetadata) };
}
