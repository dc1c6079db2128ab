import { STATUS_CODES } from 'node:http';

/** Every `code` an answer may carry, with its title; /docs/problems lists them. A code without one has its status' name. */
export const PROBLEM_TITLES: Readonly<Record<string, string>> = {
  invalid_json: 'The body is no valid JSON',
  invalid_input: 'Some members are wrong',
  invalid_request: 'The request cannot be read',
  invalid_job: 'The job cannot be rated',
  invalid_command: 'The command cannot be carried out',
  unsupported_media_type: 'Only JSON is taken',
  body_too_large: 'The body is too large',
  unauthorized: 'A key is needed',
  forbidden: 'The key may not do this',
  not_found: 'There is no such thing',
  unknown_organization: 'There is no such organization',
  organization_conflict: 'Another organization has this id',
  revision_not_reached: 'The stream is not that long',
  view_behind: 'The view is not there yet',
  request_timeout: 'The request took too long to arrive',
  not_acceptable: 'No form that you accept can be given',
  address_too_long: 'The address is too long',
  headers_too_large: 'The headers are too large',
  method_not_allowed: 'Another method is needed',
  insufficient_credits: 'Insufficient credits',
  budget_cap_exceeded: 'Budget cap exceeded',
  usage_limit_exceeded: 'A usage limit is reached',
  too_many_jobs: 'Too many jobs are open',
  stale_job: 'The job is too old',
  job_conflict: 'Another job has this id',
  grant_conflict: 'Another grant has this id',
  idempotency_conflict: 'Another request had this idempotency key',
  idempotency_in_progress: 'The first request with this key is still under way',
  unavailable: 'Try again in a moment',
  unknown_outcome: 'Whether this was stored is unknown',
  idempotency_required: 'A grantId or an Idempotency-Key is needed',
  clock_step: 'The clock has leapt',
  organization_stopped: 'The organization is stopped',
  still_stopped: 'The organization is still stopped',
  internal_error: 'Something went wrong here',
};

export const titleOf = (code: string, status: number): string =>
  PROBLEM_TITLES[code] ?? STATUS_CODES[status] ?? 'Problem';
