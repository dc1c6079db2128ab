/** Prefixes of the ids of grants that a rule creates: those of invoices, trials and overage. Callers cannot use them. */
export const RESERVED_GRANT_PREFIXES = ['invoice:', 'trial:', 'payg:', 'surplus:'] as const;
export const isReservedGrantId = (grantId: string): boolean =>
  RESERVED_GRANT_PREFIXES.some((prefix) => grantId.startsWith(prefix));

/** The id of the grant that an invoice line sells: `invoice:{invoiceId}:{line}`. It may be longer than ids that callers choose. */
export const soldGrantIdOf = (invoiceLineId: string): string => `invoice:${invoiceLineId}`;
export const isSoldGrantId = (grantId: string): boolean => /^invoice:[A-Za-z0-9._:-]{1,240}$/.test(grantId);

/** `payg` for credits that a job reserves, `surplus` for those it used beyond its reservation: one job may need both. */
export type JobGrantPurpose = 'payg' | 'surplus';

/** The id of a grant for a single job. */
export const jobGrantId = (purpose: JobGrantPurpose, jobId: string): string => `${purpose}:${jobId}`;
export const isJobGrantId = (grantId: string): boolean => /^(payg|surplus):/.test(grantId);

export const trialGrantId = (trial: { readonly on: string; readonly operation?: string }): string =>
  `trial:${trial.operation ?? trial.on}`;
