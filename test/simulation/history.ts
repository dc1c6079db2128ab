import type { Answer, Command } from '@tallystick/domain/ledger';
import type { RecordedEvent } from '@tallystick/eventing';
import type { Scenario } from './scenario';

/** An answer with its command, and the last revisions of the stream before and after it. */
export interface CommandAnswer {
  readonly organizationId: string;
  readonly command: Command;
  readonly answer: Answer;
  readonly revision: number;
  readonly headBefore: number;
  readonly headAfter: number;
}

/** Totals from a read, and the last revision of the stream before it. */
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
