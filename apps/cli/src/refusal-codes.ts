export interface RefusalMeaning {
  /** HTTP status; absent for codes that only an import uses. */
  readonly httpStatus?: number;
  readonly means: string;
  readonly next: string;
}

/** Why a job or a command is refused, and what to do about it. */
export const REFUSAL_CODES: Readonly<Record<string, RefusalMeaning>> = {
  invalid_input: {
    httpStatus: 422,
    means: 'A member is missing, unknown, or has the wrong form.',
    next: 'See `errors` in the response, which lists the members. Correct them and send the request again.',
  },
  unknown_organization: {
    httpStatus: 404,
    means: 'The organization does not exist, or the key belongs to another one.',
    next: 'Check the id, or create the organization: POST /v1/organizations.',
  },
  stream_taken: {
    httpStatus: 409,
    means: 'Another program has written to the stream of an organization with this id.',
    next: 'Choose another id. The operator of the event store can inspect the stream.',
  },
  invalid_job: {
    httpStatus: 422,
    means: 'The catalog cannot rate the job: its operation, file type, pages or features.',
    next: 'Compare the job with GET /v1/catalog; POST /v1/preview calculates its costs.',
  },
  too_many_pages: {
    httpStatus: 422,
    means: 'The files of the job have more pages in total than maxPagesPerJob of the catalog.',
    next: 'Split the work into several jobs. GET /v1/catalog shows the limit.',
  },
  too_many_credits: {
    httpStatus: 422,
    means: 'The job costs more credits than maxCreditsPerJob of the catalog.',
    next: 'Split the work into several jobs. GET /v1/catalog shows the limit.',
  },
  invalid_command: {
    httpStatus: 422,
    means: 'The rules do not allow this grant, plan or setting.',
    next: 'See `errors` in the response, which lists the members.',
  },
  not_found: {
    httpStatus: 404,
    means: 'The job does not exist, or belongs to another project than the key.',
    next: 'Check the id, and use a key of the project of the job or a service key.',
  },
  job_conflict: {
    httpStatus: 409,
    means: 'The id belongs to another job: one with another operation, usage, features or project.',
    next: 'Give a new job a new id. A job that is sent again must be the same.',
  },
  grant_conflict: {
    httpStatus: 409,
    means: 'The id belongs to another grant.',
    next: 'Give a new grant a new id. A grant that is sent again must be the same.',
  },
  stale_job: {
    httpStatus: 409,
    means:
      'The job is older than TALLY_JOB_WINDOW_DAYS, so it cannot be distinguished from a job that was already charged.',
    next: 'Submit the work as a new job with the present time; tally import --retime moves the times of a whole file.',
  },
  too_many_jobs: {
    httpStatus: 429,
    means: 'Too many jobs of the organization are open, or too many outcomes wait for their job.',
    next: 'End some of these jobs, then send the job again.',
  },
  usage_limit_exceeded: {
    httpStatus: 403,
    means: 'A limit of the plan is reached.',
    next: 'Wait for the next period, or choose a larger plan.',
  },
  budget_cap_exceeded: {
    httpStatus: 402,
    means: 'The budget cap of the project or of the key is reached. The organization may still have credits.',
    next: 'Raise the cap (PUT /v1/organizations/{id}/projects/{project} or …/keys/{key}), or wait for the next period.',
  },
  insufficient_credits: {
    httpStatus: 402,
    means: 'The job needs more credits than this operation may use.',
    next: 'Grant credits with tally grant, then send the job again with the same id.',
  },
  unreadable: {
    means: 'The row of the imported file cannot be converted to a job. Its message gives the reason.',
    next: 'Correct the row or the mapping, and import the file again: accepted rows are not charged again.',
  },
  unanswered: {
    means: 'The response of the server has no result for the row.',
    next: 'Import the file again.',
  },
  job_refused: {
    means: 'The outcome was not sent, because its job was refused.',
    next: 'See the refusal of the job.',
  },
  outcome_conflict: {
    means: 'The job already has another outcome. The first outcome is kept, and no credits were moved.',
    next: 'Find out which outcome is correct: tally history shows the charges, and a grant can correct them.',
  },
};
