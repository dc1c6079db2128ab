import { May, Must, text, time } from './rules';

const LONGEST_DURATION = 64;

export class SetClockDto {
  @Must(time()) now!: string;
}

/** One of them. */
export class AdvanceClockDto {
  /** `90s`, `12h`, `35d`, or a duration of ISO 8601 such as `P1M`. */
  @May(text(LONGEST_DURATION)) by?: string;
  @May(time()) to?: string;
}

export interface SandboxClockResponse {
  /** ISO 8601, UTC, in whole seconds. */
  readonly now: string;
}

export interface ClockAdvanceResponse extends SandboxClockResponse {
  /** The number of instants at which the clock stopped, because something was due. */
  readonly stops: number;
}
