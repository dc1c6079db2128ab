import { Inject, Injectable } from '@nestjs/common';
import type { Page } from '@tallystick/contracts/http';
import type { OrganizationState, PageQueryDto } from '@tallystick/contracts/ledger';
import { BALANCES } from '@tallystick/domain/ledger';
import { ViewStore, type Row } from '@tallystick/eventing';
import { Projections, Quarantine, CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import type { LedgerSettings } from '../settings';

/** Organizations in the balances view, each with the reason where it is stopped. */
@Injectable()
export class OrganizationStatesReader {
  constructor(
    private readonly views: ViewStore,
    private readonly projections: Projections,
    private readonly parked: Quarantine,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  async page(query: PageQueryDto): Promise<Page<OrganizationState>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [''];
    const behind = await this.projections.behindLog();
    const where = { organizationId: { after } };
    const rows = await this.views.find(BALANCES, { where, order: ['organizationId'], limit: limit + 1 });
    const page = pageOf(rows, limit, (row) => cursorOf([idOf(row)]));
    const stopped = await this.parked.of(page.data.map(idOf));
    const data = page.data.map((row) => {
      const stop = stopped.get(idOf(row));
      return { ...stateOf(row), ...(stop && { stopped: { ...stop.stopped, why: stop.why, since: stop.since } }) };
    });
    return { ...page, data: data as unknown as readonly OrganizationState[], ...(behind && { behind }) };
  }
}

const idOf = ({ organizationId }: Row): string => organizationId as string;

/** The columns `balance` and `terms` are JSON. */
function stateOf({ balance, terms: _periods, dueAt, ...row }: Row) {
  const { grants, ...amounts } = JSON.parse(balance as string) as { grants: unknown[] };
  return { ...row, ...amounts, openGrants: grants.length, ...(dueAt !== null && { dueAt }) };
}
