const ORGANIZATION = 'v1/organizations/:organization';
const OPS_ORGANIZATION = 'v1/ops/organizations/:organization';

/** The paths that billing serves, with everything below them. A segment with a colon stands for any value. */
export const BILLING_ROUTES = [
  `${ORGANIZATION}/subscription`,
  `${ORGANIZATION}/overage`,
  `${ORGANIZATION}/invoices`,
  `${ORGANIZATION}/credit-notes`,
  `${ORGANIZATION}/payments`,
  `${ORGANIZATION}/billing-details`,
  `${OPS_ORGANIZATION}/payment-method`,
  `${OPS_ORGANIZATION}/review`,
  `${OPS_ORGANIZATION}/top-ups`,
  'v1/ops/invoices',
  'v1/ops/drafts',
  'v1/ops/billing',
] as const;

/** The paths that the scripted payment provider serves. */
export const SCRIPTED_PAYMENTS_ROUTES = ['v1/sandbox/payments'] as const;
