import type { Projector } from '@tallystick/eventing';
import { BackgroundTask, type BackgroundTaskOptions } from '@tallystick/runtime';

export interface LeaderTaskOptions extends BackgroundTaskOptions {
  /** Called when the last step of a leadership has returned. */
  readonly ended?: () => void;
}

/** Runs a step again and again while this process is the leader. Of several processes one does the work. */
export class LeaderTask {
  private task: BackgroundTask | undefined;
  private ending: Promise<unknown> = Promise.resolve();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly leadership: Pick<Projector<unknown>['leadership'], 'on'>,
    private readonly step: (signal: AbortSignal) => Promise<void>,
    private readonly options: LeaderTaskOptions,
  ) {}

  start(): void {
    this.unsubscribe = this.leadership.on({ onLeader: () => this.begin(), onFollower: () => this.end() });
  }

  /** Resolves when the step has returned. */
  async stop(): Promise<void> {
    this.unsubscribe();
    this.end();
    await this.ending;
  }

  private begin(): void {
    if (this.task) return;
    const task = new BackgroundTask(this.step, this.options);
    this.task = task;
    // The step of the last leadership may not have returned yet.
    this.ending = this.ending.then(() => this.task === task && task.start());
  }

  private end(): void {
    const { task } = this;
    this.task = undefined;
    if (task) this.ending = Promise.all([this.ending, task.stop()]).then(() => this.options.ended?.());
  }
}
