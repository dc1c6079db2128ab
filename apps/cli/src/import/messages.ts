/** What a message asks of the server. `event`: what has no route of its own and goes over the bus. */
export type MessageKind = 'submit' | 'complete' | 'fail' | 'heartbeat' | 'event';

/** One message that a row of the file leads to. A row is done when the message that `closes` it is decided. */
export interface Message {
  readonly row: number;
  readonly line: number;
  /** The row as it stands in the file, for the rejected ones. */
  readonly text: string;
  readonly closes: boolean;
  readonly kind: MessageKind;
  /** Absent where the caller's key says it. */
  readonly organizationId?: string;
  readonly jobId: string;
  /** Of the request: as the route of its kind takes it. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A row that makes no message. */
export interface BadLine {
  readonly row: number;
  readonly line: number;
  /** `unreadable`, or the code that the server would refuse it with. */
  readonly code: string;
  readonly reason: string;
  readonly text: string;
}

/** What a first pass over the file finds. */
export interface Survey {
  readonly rows: number;
  /** The latest time in the file, milliseconds since 1970: `--retime` moves it to now. */
  readonly last?: number;
  /** Rows whose outcome the mapping does not list, and some of what stands there. */
  readonly unlisted?: { readonly rows: number; readonly values: readonly string[] };
  /** What the person who imports should know before anything is sent. */
  readonly hints?: readonly string[];
}

/** A file of jobs. It may be read again and again, and gives the same each time. */
export interface Source {
  survey(): Promise<Survey>;
  /** From the row after `after` on, all times moved by `shift` milliseconds. */
  messages(after: number, shift: number): AsyncIterable<Message | BadLine>;
}

export const isBad = (item: Message | BadLine): item is BadLine => 'reason' in item;

/** The job of a message among those of all organizations. */
export const jobKeyOf = ({ organizationId, jobId }: Pick<Message, 'organizationId' | 'jobId'>): string =>
  JSON.stringify([organizationId, jobId]);
