import { Inject, Injectable } from '@nestjs/common';
import type { Page } from '@tallystick/contracts/http';
import type { GrantItem, GrantsQueryDto } from '@tallystick/contracts/ledger';
import { GRANTS } from '@tallystick/domain/ledger';
import { ViewStore, type Row, type Where } from '@tallystick/eventing';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { AdministrationService } from '../commands/administration.service';
import { cursorOf, pageOf, readRevision } from '../reading/pages';
import type { LedgerSettings } from '../settings';

/** All grants of an organization with their amounts, also those that are used up, expired or revoked. */
@Injectable()
export class GrantsReader {
  constructor(
    private readonly administration: AdministrationService,
    private readonly views: ViewStore,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  /** Newest first. `credits` is what was granted; one row, `payg:*`, has the sums of all grants of single jobs. */
  async page(organizationId: string, query: GrantsQueryDto): Promise<Page<GrantItem>> {
    const limit = pageLimit(query.limit, this.limits);
    const before = readRevision(query.cursor);
    const views = await this.administration.awaitViews(organizationId, query.atLeastRevision);
    const where: Where = {
      organizationId,
      ...(query.kind !== undefined && { kind: query.kind }),
      ...(query.state !== undefined && { state: query.state }),
      ...(before !== undefined && { revision: { before } }),
    };
    const rows = await this.views.find(GRANTS, { where, order: ['-revision'], limit: limit + 1 });
    const page = pageOf(rows, limit, ({ revision }) => cursorOf([revision as number]));
    return { ...page, data: page.data.map(itemOf), ...views };
  }
}

function itemOf({ organizationId: _own, scope, paid, ...row }: Row): GrantItem {
  const given = Object.entries(row).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(given),
    credits: row['granted'],
    ...(scope !== null && { scope: JSON.parse(scope as string) as unknown }),
    ...(paid !== null && { paid: JSON.parse(paid as string) as unknown }),
  } as GrantItem;
}
