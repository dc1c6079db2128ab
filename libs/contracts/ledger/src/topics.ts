/** The bus. Key of every message: the organization's id. */
export const JOBS_LIFECYCLE = 'jobs.lifecycle';
export const JOBS_DECISIONS = 'jobs.decisions';
export const CREDITS_EVENTS = 'credits.events';
export const deadLettersOf = (topic: string): string => `${topic}.dead-letters`;
