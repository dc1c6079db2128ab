/** A network fault of an append. */
export type AppendFault = 'cut' | 'black hole' | 'store, then cut' | 'store, then black hole';

/** An append that the server has received and does not process before its release. */
export interface HeldAppend {
  readonly arrived: Promise<void>;
  release(): void;
}

interface Holding extends HeldAppend {
  take(go: () => void): void;
}

/** Faults for the next appends, one each, in the order in which they were added. */
export class AppendFaults {
  private readonly next: (AppendFault | { readonly delay: number } | Holding)[] = [];

  constructor(private readonly cut: () => void) {}

  add(fault: AppendFault | { readonly delay: number }): void {
    this.next.push(fault);
  }

  hold(): HeldAppend {
    let arrive: () => void;
    const released: (() => void)[] = [];
    let isReleased = false;
    const holding: Holding = {
      arrived: new Promise((resolve) => (arrive = resolve)),
      take: (go) => {
        if (isReleased) go();
        else released.push(go);
        arrive();
      },
      release: () => {
        isReleased = true;
        for (const go of released.splice(0)) go();
      },
    };
    this.next.push(holding);
    return holding;
  }

  /** Applies the next fault to an append. */
  meet<Stored>(store: () => Stored, answer: (stored: Stored) => void): void {
    const fault = this.next.shift();
    if (fault === undefined) return answer(store());
    if (typeof fault === 'object' && 'take' in fault) return fault.take(() => answer(store()));
    if (typeof fault === 'object') return void setTimeout(() => answer(store()), fault.delay);
    if (fault.startsWith('store')) store();
    if (fault.endsWith('cut')) this.cut();
  }
}
