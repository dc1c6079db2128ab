import { Injectable } from '@nestjs/common';
import { invalidInput, notFound, Problem, toInstant, type BalanceQueryDto } from '@tallystick/contracts';
import {
  decode,
  emptyBalance,
  evolveBalance,
  streamOf,
  unscopedCredits,
  type Balance,
} from '@tallystick/domain/ledger';
import { EventStore } from '@tallystick/eventing';
import { AdministrationService } from './administration.service';

const PAGE = 2_000;

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
    let balance = emptyBalance();
    let revision = -1;
    let asOf: string | undefined;
    for await (const { event, place } of this.events(organizationId, asked)) {
      balance = evolveBalance(balance, event);
      revision = place;
      asOf = event.metadata.recordedAt;
    }
    // Before its first event there was no such organization.
    if (asOf === undefined) throw notFound('organization at that time');
    return { organizationId, ...shown(balance), revision, asOf: asked.upToTime ?? asOf };
  }

  private async *events(organizationId: string, { upToRevision = Infinity, upToTime }: Asked) {
    for (let from = 0; ; from += PAGE) {
      const page = await this.store.read(streamOf(organizationId), from, PAGE);
      for (const stored of page) {
        const event = decode(stored);
        if (stored.revision > upToRevision) return;
        // The ledger's time never runs backwards, so the first later event ends the reading.
        if (upToTime !== undefined && event.metadata.recordedAt > upToTime) return;
        yield { event, place: stored.revision };
      }
      if (page.length < PAGE) return;
    }
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
