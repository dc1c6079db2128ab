export interface RefusalMeaning {
  /** Of the answer over HTTP; absent for what only an import says. */
  readonly httpStatus?: number;
  readonly means: string;
  readonly next: string;
}

/** Why a job or a command is refused, and what to do about it. */
export const REFUSAL_CODES: Readonly<Record<string, RefusalMeaning>> = {
  invalid_input: {
    httpStatus: 422,
    means: 'A member is missing, unknown, or has the wrong form.',
    next: 'Look at `errors` in the answer, which names each member, and send it again.',
  },
  unknown_organization: {
    httpStatus: 404,
    means: 'There is no organization of this id, or the key is not its key.',
    next: 'Check the id, or make the organization: POST /v1/organizations.',
  },
  stream_taken: {
    httpStatus: 409,
    means: 'Something else than Tallystick has written to the stream that an organization of this id would have.',
    next: 'Take another id. The operator of the event store can look at the stream.',
  },
  invalid_job: {
    httpStatus: 422,
    means: 'The catalog cannot rate the job: its operation, file type, pages or features.',
    next: 'Compare the job with GET /v1/catalog; POST /v1/preview says what it would cost.',
  },
  too_many_pages: {
    httpStatus: 422,
    means: 'The files of the job have more pages in all than maxPagesPerJob of the catalog.',
    next: 'Split the work into several jobs. GET /v1/catalog shows the limit.',
  },
  too_many_credits: {
    httpStatus: 422,
    means: 'The job comes to more credits than maxCreditsPerJob of the catalog.',
    next: 'Split the work into several jobs. GET /v1/catalog shows the limit.',
  },
  invalid_command: {
    httpStatus: 422,
    means: 'The rules do not allow this grant, plan or setting.',
    next: 'Look at `errors` in the answer, which names the member.',
  },
  not_found: {
    httpStatus: 404,
    means: 'There is no job of this id, or it is of another project than the key.',
    next: 'Check the id, and call with a key of the project of the job, or with a service key.',
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
      'The job is older than jobs are known for (TALLY_JOB_WINDOW_DAYS), so it cannot be distinguished from one that was charged.',
    next: 'Submit the work as a new job, with the time of now; tally import --retime moves a whole file.',
  },
  too_many_jobs: {
    httpStatus: 429,
    means: 'Too many jobs of the organization are open, or too many outcomes wait for their job.',
    next: 'End some of them, then send it again.',
  },
  usage_limit_exceeded: {
    httpStatus: 403,
    means: 'A limit of the plan is reached.',
    next: 'Wait for the next period, or take a larger plan.',
  },
  budget_cap_exceeded: {
    httpStatus: 402,
    means: 'The budget cap of the project or of the key is reached: the organization may have credits all the same.',
    next: 'Raise the cap (PUT /v1/organizations/{id}/projects/{project} or …/keys/{key}), or wait for the next period.',
  },
  insufficient_credits: {
    httpStatus: 402,
    means: 'The credits that this operation may draw on are fewer than the job needs.',
    next: 'Give credits with tally grant, then send the job again under the same id.',
  },
  unreadable: {
    means: 'The row of the imported file makes no job: what is wrong is in its message.',
    next: 'Correct the row or the mapping, and import the file again: rows that were taken are not charged again.',
  },
  unanswered: {
    means: 'The server left the row out of its answer.',
    next: 'Import the file again.',
  },
  job_refused: {
    means: 'The outcome was not sent, as its job was refused.',
    next: 'Look at the refusal of the job.',
  },
  outcome_conflict: {
    means: 'The job had ended otherwise before. The first outcome stands, and nothing was moved.',
    next: 'Find out which outcome is true: tally history shows what was charged, and a grant can make up for it.',
  },
};
