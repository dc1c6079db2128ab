import { shortestSoldPeriod } from '../selling';
import type { SourcePath } from './read';
import type { Sections } from './sections';

const HOURS = 24;
/** Pay-as-you-go and overage are invoiced by calendar months, too. */
const CALENDAR_MONTH_DAYS = 28;

export function checkSelling(draft: Partial<Sections>, root: SourcePath): void {
  checkTerms(draft, root);
  checkDunning(draft, root);
}

function checkTerms({ plans, currencies }: Partial<Sections>, root: SourcePath): void {
  // Without the currencies, no plan has prices.
  if (currencies === undefined) return;
  plans?.forEach(({ term, prices }, index) => {
    if (term !== undefined && prices.size === 0)
      root.at('plans', index, 'term').refuse('fits a plan with prices only: a free plan has no payment');
  });
}

/** Dunning must end before the next period, also if the first failure comes as late as the grace allows. */
function checkDunning({ plans, overage, dunning, renewalGraceHours }: Partial<Sections>, root: SourcePath): void {
  if (plans === undefined || dunning === undefined || renewalGraceHours === undefined) return;
  const sold = shortestSoldPeriod(plans);
  const days = sold?.days ?? (overage && CALENDAR_MONTH_DAYS);
  if (days === undefined) return;
  const last = Math.floor((days * HOURS - Math.max(renewalGraceHours, 1)) / HOURS);
  const late = dunning.retryAfterDays.findIndex((day) => day > last);
  if (late === -1) return;
  const period =
    sold === undefined ? `a month can have ${days} days` : `a period of the plan ${sold.plan} can have ${days} days`;
  const grace = renewalGraceHours === 0 ? '' : `, and the first attempt can take ${renewalGraceHours} hours`;
  root
    .at('dunning', 'retryAfterDays', late)
    .refuse(`must be ${Math.max(last, 0)} at most, so that dunning ends before the next period: ${period}${grace}`);
}
