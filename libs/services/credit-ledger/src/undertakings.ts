import { notFound } from '@tallystick/contracts';

const KEPT = 100;

/** How far a long piece of an operator's work has come. Positions are the log's. */
export interface Undertaking {
  readonly id: string;
  state: 'running' | 'done' | 'failed';
  position: number;
  head: number;
  detail?: string;
}

/** Work that takes longer than a request may: begun by one call, watched by others, forgotten with the process. */
export class Undertakings<Result extends object> {
  private readonly all = new Map<string, Undertaking & Result>();

  begin(
    head: number,
    result: Result,
    work: (undertaking: Undertaking & Result) => Promise<void>,
  ): Undertaking & Result {
    const undertaking: Undertaking & Result = {
      id: crypto.randomUUID(),
      state: 'running',
      position: -1,
      head,
      ...result,
    };
    this.all.set(undertaking.id, undertaking);
    if (this.all.size > KEPT) this.all.delete(this.all.keys().next().value!);
    work(undertaking).then(
      () => Object.assign(undertaking, { state: 'done', position: Math.max(undertaking.position, head) }),
      (error: unknown) =>
        Object.assign(undertaking, {
          state: 'failed',
          detail: error instanceof Error ? error.message : String(error),
        }),
    );
    return undertaking;
  }

  /** Throws a 404 Problem for an id that is not known (any more). */
  get(id: string): Undertaking & Result {
    const undertaking = this.all.get(id);
    if (!undertaking) throw notFound('piece of work');
    return undertaking;
  }
}
