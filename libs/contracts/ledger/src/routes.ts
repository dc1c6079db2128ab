/** The paths that credit-ledger serves, with everything below them. */
export const LEDGER_ROUTES = ['v1/organizations', 'v1/ops'] as const;
