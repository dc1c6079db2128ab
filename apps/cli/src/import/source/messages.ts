/** Kind of request. `event`: has no route and is published on the bus. */
export type MessageKind = 'submit' | 'complete' | 'fail' | 'heartbeat' | 'event';

/** Message of a row. A row is done when the message that `closes` it is decided. */
export interface ImportMessage {
  readonly row: number;
  readonly line: number;
  /** Text of the row, for rejected rows. */
  readonly text: string;
  readonly closes: boolean;
  readonly kind: MessageKind;
  /** Absent if the caller's key determines it. */
  readonly organizationId?: string;
  readonly jobId: string;
  /** Body of the request for the route of its kind. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Row that cannot be converted to a message. */
export interface BadLine {
  readonly row: number;
  readonly line: number;
  /** `unreadable`, or the code of the refusal by the server. */
  readonly code: string;
  readonly reason: string;
  readonly text: string;
}

/** Result of a first pass over the file. */
export interface SourceSurvey {
  readonly rows: number;
  /** Latest time of the file in milliseconds since 1970. `--retime` moves it to now. */
  readonly last?: number;
  /** Number of rows whose outcome the mapping does not list, and some of these outcomes. */
  readonly unlisted?: { readonly rows: number; readonly values: readonly string[] };
  /** Advice for the user, shown before anything is sent. */
  readonly hints?: readonly string[];
}

/** File of jobs. It can be read repeatedly with equal results. */
export interface ImportSource {
  survey(): Promise<SourceSurvey>;
  /** Messages of the rows after `after`, with all times moved by `shift` milliseconds. */
  messages(after: number, shift: number): AsyncIterable<ImportMessage | BadLine>;
}

export const isBadLine = (item: ImportMessage | BadLine): item is BadLine => 'reason' in item;

/** Key of a job across organizations. */
export const jobKeyOf = ({ organizationId, jobId }: Pick<ImportMessage, 'organizationId' | 'jobId'>): string =>
  JSON.stringify([organizationId, jobId]);
