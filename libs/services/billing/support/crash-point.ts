import { StoreUnavailable } from '@tallystick/eventing';

/** The n-th write of a process, and the side of it on which the process dies. */
export interface CrashPlace {
  /** From 1. */
  readonly write: number;
  readonly side: 'before' | 'after';
}

/** Counts the writes of one process. At its place the process dies: from then on none of its calls has an effect. */
export class CrashPoint {
  private writes = 0;
  /** Whether writes count. A scenario may have steps before those that are examined. */
  isArmed = false;
  hasCrashed = false;

  constructor(private readonly place?: CrashPlace) {}

  /** The port for the process: `writes` are the methods that count. */
  around<Port extends object>(port: Port, writes: readonly (keyof Port)[]): Port {
    const counted = new Set<PropertyKey>(writes);
    return new Proxy(port, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target) as unknown;
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const call = () => Reflect.apply(member, target, args) as unknown;
          return counted.has(name) ? this.write(call) : this.read(call);
        };
      },
    });
  }

  private read(call: () => unknown): unknown {
    return this.hasCrashed ? Promise.reject(dead()) : call();
  }

  private async write(call: () => unknown): Promise<unknown> {
    if (this.hasCrashed) throw dead();
    if (this.isArmed) this.writes += 1;
    if (!this.isArmed || this.writes !== this.place?.write) return call();
    if (this.place.side === 'after') await call();
    this.hasCrashed = true;
    throw dead();
  }
}

const dead = (): Error => new StoreUnavailable('The process has ended.');
