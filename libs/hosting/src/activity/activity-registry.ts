import { Injectable } from '@nestjs/common';
import { pause } from '@tallystick/runtime';

/** Between two looks at a part that does not report when it becomes idle. */
const LOOK_MILLISECONDS = 5;
/** A part that hands its work to another one while both are looked at could be missed by one look. */
const IDLE_LOOKS = 2;

/** A part of the process that works in the background. */
export interface Activity {
  /** Whether it has nothing in hand, and nothing is waiting that it could begin now. */
  isIdle(): boolean | Promise<boolean>;
  /** Resolves when it may have become idle, at once if it is. Absent: it is looked at again after a short pause. */
  untilIdle?(signal: AbortSignal): Promise<unknown>;
}

/** The background work of the process, so that a sandbox clock can wait for all of it. */
@Injectable()
export class ActivityRegistry {
  private readonly activities = new Map<string, Activity>();

  /** `name` is unique, such as `views of credits`. */
  register(name: string, activity: Activity): void {
    if (this.activities.has(name)) throw new Error(`The activity ${name} is registered twice.`);
    this.activities.set(name, activity);
  }

  /** The names of the parts that are not idle. */
  async busy(): Promise<readonly string[]> {
    const looks = [...this.activities].map(async ([name, it]) => ((await it.isIdle()) ? [] : [name]));
    return (await Promise.all(looks)).flat();
  }

  /** Resolves when all parts are idle, or when the signal aborts. */
  async untilIdle(signal: AbortSignal): Promise<void> {
    for (let idleLooks = 0; idleLooks < IDLE_LOOKS && !signal.aborted;) {
      const busy = await this.busy();
      idleLooks = busy.length === 0 ? idleLooks + 1 : 0;
      for (const name of busy) await this.untilMaybeIdle(this.activities.get(name)!, signal);
    }
  }

  private async untilMaybeIdle(activity: Activity, signal: AbortSignal): Promise<void> {
    await (activity.untilIdle?.(signal) ?? pause(LOOK_MILLISECONDS, signal));
  }
}
