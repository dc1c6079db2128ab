import { balances } from './balances';
import { grants } from './grants';
import { history } from './history';
import { jobs } from './jobs';
import { usage } from './usage';
import type { LedgerView } from './view';

export const LEDGER_VIEWS: readonly LedgerView[] = [balances, grants, history, usage, jobs];
export const BALANCES = balances.table;
export const GRANTS = grants.table;
export const HISTORY = history.table;
export const USAGE = usage.table;
export const JOBS = jobs.table;
