/** The other side cannot do it now. It is tried again. */
export class EffectUnavailable extends Error {
  override readonly name = 'EffectUnavailable';
}

/** The other side refuses it: an operator has to look at the cause. It is tried again, since nothing is skipped. */
export class EffectRefused extends Error {
  override readonly name = 'EffectRefused';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
