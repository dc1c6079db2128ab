import { Injectable } from '@nestjs/common';
import { invalidInput, notFound, revisionNotReached, toInstant } from '@tallystick/contracts/http';
import type { BalanceQueryDto, BalanceResponse } from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import {
  emptyBalance,
  evolveBalance,
  LEDGER_RECORDS,
  streamOf,
  unscopedCredits,
  type Balance,
  type LedgerEvent,
} from '@tallystick/domain/ledger';
import { EventStore, foldStream, NO_STREAM, type RecordedEvent } from '@tallystick/eventing';
import { AdministrationService } from '../commands/administration.service';

/** The end of the stream that is folded. */
interface BalanceMoment {
  readonly upToRevision?: number;
  readonly upToTime?: string;
}

/** Where each granted credit is: now, as of a time, or as of a revision. The last two are the stream folded up to there. */
@Injectable()
export class BalanceService {
  constructor(
    private readonly administration: AdministrationService,
    private readonly store: EventStore,
    private readonly clock: Clock,
  ) {}

  async balance(
    organizationId: string,
    { at, atRevision, atLeastRevision }: BalanceQueryDto,
  ): Promise<BalanceResponse> {
    if (at !== undefined && atRevision !== undefined)
      throw invalidInput([{ field: 'at', rule: 'alone', message: 'Give at or atRevision, not both.' }]);
    const { value, revision } = await this.administration.read(organizationId, ({ balance, now }) => ({
      shown: shown(balance),
      now,
    }));
    if (atLeastRevision !== undefined && revision < atLeastRevision)
      throw revisionNotReached(atLeastRevision, revision);
    if (at === undefined && atRevision === undefined)
      return { organizationId, ...value.shown, revision, asOf: value.now };
    assertPast(at, [this.clock.instant(), value.now]);
    if (atRevision !== undefined && atRevision > revision) throw revisionNotReached(atRevision, revision);
    return this.past(organizationId, { upToRevision: atRevision, upToTime: at && toInstant(at) });
  }

  private async past(organizationId: string, moment: BalanceMoment): Promise<BalanceResponse> {
    const { upToRevision, upToTime } = moment;
    let balance = emptyBalance();
    let revision = -1;
    let asOf: string | undefined;
    const fold = (event: LedgerEvent | undefined, { revision: place }: RecordedEvent) => {
      // The ledger's time never runs backwards, so the first later event ends the reading.
      if (event && upToTime !== undefined && event.metadata.recordedAt > upToTime) return false;
      revision = place;
      if (event) balance = evolveBalance(balance, event);
      asOf = event?.metadata.recordedAt ?? asOf;
      return true;
    };
    const { store } = this;
    const stream = streamOf(organizationId);
    await foldStream({ store, stream, rules: LEDGER_RECORDS, after: NO_STREAM, upTo: upToRevision, fold });
    // Before its first event there was no such organization.
    if (asOf === undefined) throw notFound('organization at that time');
    return { organizationId, ...shown(balance), revision, asOf: upToTime ?? asOf };
  }
}

/** Place by place: the totals are the sums of the live grants and of the ended ones. */
function shown(balance: Balance) {
  const { grants, ended, ...amounts } = balance;
  const byKind = Object.fromEntries([...ended].map(([kind, sums]) => [kind, { ...sums }]));
  return {
    ...amounts,
    credits: unscopedCredits(balance),
    grants: [...grants.values()].map((grant) => ({ ...grant })),
    ended: { byKind },
  };
}

/** The last event may have been recorded by a clock that is a little ahead of this one: its time is no future. */
function assertPast(at: string | undefined, present: readonly string[]): void {
  if (at === undefined || present.some((time) => toInstant(at) <= time)) return;
  const message = `Give a time that is not in the future, or leave it out for the balance of now (${present[0]}).`;
  throw invalidInput([{ field: 'at', rule: 'future', message }]);
}
