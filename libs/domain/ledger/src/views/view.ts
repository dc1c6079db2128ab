import type { StreamEvent, View } from '@tallystick/domain/kernel';
import type { LedgerEvent, SkippedEvent } from '../events';

/** An event of an organization's stream as views fold it. `entityId` is the organization's id. */
export type LedgerStreamEvent = StreamEvent<LedgerEvent | SkippedEvent>;
export type LedgerView<Model = unknown> = View<LedgerStreamEvent, Model>;
