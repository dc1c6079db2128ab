/**
 * Why a stored record is not folded. `not-ours`: it opens a stream that belongs to another program. `foreign`: another program
 * wrote it, or it is damaged; an operator may accept it. `newer`: a later version of this program wrote it; it is never skipped.
 */
export class Unreadable {
  constructor(
    readonly kind: 'not-ours' | 'foreign' | 'newer',
    readonly reason: string,
  ) {}
}
