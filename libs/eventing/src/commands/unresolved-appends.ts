import { AmbiguousAppend, AppendRefused, StoreUnavailable, StreamDeleted, WrongRevision } from '../errors';

/** With these errors of an append it is certain that this very append stored nothing, now or later. */
const CERTAIN = [WrongRevision, StoreUnavailable, StreamDeleted, AppendRefused];

const isCertain = (error: unknown): boolean => CERTAIN.some((kind) => error instanceof kind);

/**
 * The commands of a group that were part of an append without a known outcome, with the revision that it expected.
 *
 * Such an append can be stored late, even after the stream was read. Deciding again at the revision that was read is safe all the
 * same: of two appends at one expected revision, the store accepts one at most. But "nothing was stored" is certain only when
 * another append at that very revision is acknowledged. A stream that was read beyond the revision has resolved the append as
 * well: the state then contains the command or not, and deciding it again gives its answer.
 */
export class UnresolvedAppends<Item> {
  private readonly revisions = new Map<Item, number>();

  /**
   * Sends an append; if its outcome is unknown, once more, identical, at the same revision. Returns the acknowledged revision;
   * otherwise the stream has to be read and the group decided again. Throws only errors that make the first append certain.
   */
  async send(
    append: () => Promise<number>,
    items: readonly Item[],
    expectedRevision: number,
  ): Promise<number | 'wrong revision' | 'unknown'> {
    for (let attempt = 1; attempt <= 2; attempt++)
      try {
        const revision = await append();
        this.resolve(expectedRevision);
        return revision;
      } catch (error) {
        if (!isCertain(error)) this.add(items, expectedRevision);
        if (error instanceof WrongRevision) return 'wrong revision';
        if (error instanceof AmbiguousAppend) continue;
        // The error of the second attempt says nothing about the first.
        if (attempt === 2) break;
        throw error;
      }
    return 'unknown';
  }

  private add(items: readonly Item[], expectedRevision: number): void {
    for (const item of items) if (!this.revisions.has(item)) this.revisions.set(item, expectedRevision);
  }

  /** An append is acknowledged: no other append that expected the same revision was or will be stored. */
  private resolve(expectedRevision: number): void {
    for (const [item, revision] of this.revisions) if (revision === expectedRevision) this.revisions.delete(item);
  }

  has(item: Item): boolean {
    return this.revisions.has(item);
  }

  /** Whether an append that held one of the items can still be stored after this revision. */
  isOpen(items: readonly Item[], revision: number): boolean {
    return this.revisions.size > 0 && items.some((item) => (this.revisions.get(item) ?? -Infinity) >= revision);
  }

  clear(): void {
    this.revisions.clear();
  }
}
