import type { Row } from '@tallystick/domain/kernel';
import { decode, type LedgerView, type LedgerStreamEvent } from '../src';
import type { LedgerHarness } from './ledger-harness';

/** The rows of a view after a history. Each batch is folded from the written rows. */
export function rowsOf<Model>(view: LedgerView<Model>, harness: LedgerHarness, batch = 1): Row[] {
  const rows = new Map<string, Row>();
  const streamEvents = harness.stored.map((text, revision): LedgerStreamEvent => ({
    entityId: 'org',
    revision,
    event: decode(JSON.parse(text)),
  }));
  for (let i = 0; i < streamEvents.length; i += batch) {
    const models = new Map<string, Model>();
    for (const one of streamEvents.slice(i, i + batch))
      for (const key of view.keysOf(one)) {
        const text = key.join(' ');
        models.set(text, view.fold(models.get(text) ?? view.read(rows.get(text), key), one));
      }
    for (const [text, model] of models) rows.set(text, view.write(model));
  }
  return [...rows.values()];
}
