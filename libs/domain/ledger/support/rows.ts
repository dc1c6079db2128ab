import { decode, type LedgerView, type LedgerStreamEvent } from '../src';
import type { LedgerHarness } from './ledger-harness';

export type ViewRow = Record<string, string | number | null>;

/** The rows of one view after a history, each batch folded from the rows as they were written. */
export function rowsOf<Model>(view: LedgerView<Model>, books: LedgerHarness, batch = 1): ViewRow[] {
  const rows = new Map<string, ViewRow>();
  const streamEvents = books.stored.map((text, revision): LedgerStreamEvent => ({
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
    for (const [text, model] of models) rows.set(text, view.write(model) as ViewRow);
  }
  return [...rows.values()];
}
