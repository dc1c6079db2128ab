import { AmbiguousAppend, AppendRefused, StoreUnavailable, StreamDeleted, WrongRevision } from '../ports/event-store';

/** With these errors of an append it is certain that this very append stored nothing, now or later. */
const CERTAIN = [WrongRevision, StoreUnavailable, StreamDeleted, AppendRefused];

const isCertain = (error: unknown): boolean => CERTAIN.some((kind) => error instanceof kind);

/**
 * The commands of a group that an append without a known outcome has held, with the revision that it expected.
 *
 * Such an append may be stored late, even after the stream was read. To decide again at the revision that was read is safe
 * all the same, because of the two appends at one expected revision the store takes one at most. But "nothing was stored" is
 * certain only once another append at that very revision is acknowledged. A stream that was read beyond the revision has
 * settled the append too; then the state says how, and deciding the command again gives its answer.
 */
export class UnresolvedAppends<Item> {
  private readonly revisions = new Map<Item, number>();

  /**
   * An append whose outcome is unknown is sent once more, identical, at the same revision. Answers the revision that is
   * acknowledged; else the stream has to be read and the group decided again. Throws only what makes the first sending certain.
   */
  async settling(
    send: () => Promise<number>,
    items: readonly Item[],
    expectedRevision: number,
  ): Promise<number | 'wrong revision' | 'unknown'> {
    for (let sending = 1; sending <= 2; sending++)
      try {
        const revision = await send();
        this.acknowledged(expectedRevision);
        return revision;
      } catch (error) {
        if (!isCertain(error)) this.add(items, expectedRevision);
        if (error instanceof WrongRevision) return 'wrong revision';
        if (error instanceof AmbiguousAppend) continue;
        // Of the second sending: it says nothing about the first.
        if (sending === 2) break;
        throw error;
      }
    return 'unknown';
  }

  private add(items: readonly Item[], expectedRevision: number): void {
    for (const item of items) if (!this.revisions.has(item)) this.revisions.set(item, expectedRevision);
  }

  /** No other append that expected the same revision was or will be stored. */
  private acknowledged(expectedRevision: number): void {
    for (const [item, revision] of this.revisions) if (revision === expectedRevision) this.revisions.delete(item);
  }

  has(item: Item): boolean {
    return this.revisions.has(item);
  }

  /** Whether an append that held one of the items may still be stored after this revision. */
  isOpen(items: readonly Item[], revision: number): boolean {
    return this.revisions.size > 0 && items.some((item) => (this.revisions.get(item) ?? -Infinity) >= revision);
  }

  clear(): void {
    this.revisions.clear();
  }
}
