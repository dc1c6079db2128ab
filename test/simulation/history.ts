import type { Answer, Command } from '@tallystick/domain/ledger';
import type { RecordedEvent } from '@tallystick/eventing';
import type { Scenario } from './scenario';

/** An answer that a caller has got: what it was asked for, and where the stream stood when it was asked and when it came. */
export interface CommandAnswer {
  readonly organizationId: string;
  readonly command: Command;
  readonly answer: Answer;
  readonly revision: number;
  readonly headBefore: number;
  readonly headAfter: number;
}

/** Totals that somebody has read, and where the stream stood then. */
export interface BalanceRead extends Pick<CommandAnswer, 'organizationId' | 'revision' | 'headBefore'> {
  readonly totals: Readonly<Record<string, number>>;
}

export interface RunHistory {
  readonly log: readonly RecordedEvent[];
  readonly answers: readonly CommandAnswer[];
  readonly reads: readonly BalanceRead[];
  readonly scenarios: readonly Scenario[];
  readonly problems: readonly string[];
}
