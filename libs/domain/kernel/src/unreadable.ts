/**
 * The reason why a stored record is not folded. `not-ours`: the stream belongs to another program. `foreign`: another program wrote
 * the record, or it is damaged; an operator may accept it. `newer`: a later version of this program wrote it; it is never skipped.
 */
export class Unreadable {
  constructor(
    readonly kind: 'not-ours' | 'foreign' | 'newer',
    readonly reason: string,
  ) {}
}
