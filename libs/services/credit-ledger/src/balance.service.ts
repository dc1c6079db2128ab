import { Injectable } from '@nestjs/common';
import { invalidInput, notFound, Problem, toInstant, type BalanceQueryDto } from '@tallystick/contracts';
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
import { AdministrationService } from './administration.service';

interface Asked {
  readonly upToRevision?: number;
  readonly upToTime?: string;
}

/** Where each granted credit is: now, as of a time, or as of a revision. The last two are the stream folded up to there. */
@Injectable()
export class BalanceService {
  constructor(
    private readonly administration: AdministrationService,
    private readonly store: EventStore,
  ) {}

  async balance(
    organizationId: string,
    { at, atRevision, atLeastRevision }: BalanceQueryDto,
  ): Promise<object> {
    if (at !== undefined && atRevision !== undefined)
      throw invalidInput([{ field: 'at', rule: 'alone', message: 'Give at or atRevision, not both.' }]);
    const { value, revision } = await this.administration.read(organizationId, ({ balance, now }) => ({
      shown: shown(balance),
      now,
    }));
    if (atLeastRevision !== undefined && revision < atLeastRevision) throw notYet(atLeastRevision, revision);
    if (at === undefined && atRevision === undefined)
      return { organizationId, ...value.shown, revision, asOf: value.now };
    if (atRevision !== undefined && atRevision > revision) throw notYet(atRevision, revision);
    return this.past(organizationId, { upToRevision: atRevision, upToTime: at && toInstant(at) });
  }

  private async past(organizationId: string, asked: Asked): Promise<object> {
    const { upToRevision, upToTime } = asked;
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

function shown({ grants, ...amounts }: Balance) {
  return {
    ...amounts,
    credits: unscopedCredits({ grants, ...amounts }),
    grants: [...grants.values()].map((grant) => ({ ...grant })),
  };
}

const notYet = (wanted: number, has: number): Problem =>
  new Problem(
    409,
    'revision_not_reached',
    `The organization's stream ends at revision ${has}; revision ${wanted} is not there yet.`,
    {
      revision: has,
    },
  );
