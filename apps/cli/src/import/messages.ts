/** What `POST /v1/events` takes: CloudEvents 1.0 in its JSON form. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export const SUBMITTED = 'tallystick.job.submitted';
export const COMPLETED = 'tallystick.job.completed';
export const FAILED = 'tallystick.job.failed';

/** One message that a row of the file leads to. A row is done when the message that `closes` it is acknowledged. */
export interface Message {
  readonly row: number;
  readonly line: number;
  readonly closes: boolean;
  readonly event: CloudEvent;
  /** The row as it stands in the file, for the rejected ones. */
  readonly text: string;
}

/** A row that makes no message. */
export interface BadLine {
  readonly row: number;
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

/** What a first pass over the file finds: for the progress bar and for `--retime`. */
export interface Survey {
  readonly rows: number;
  /** The latest time in the file, milliseconds since 1970. */
  readonly last?: number;
}

/** A file of jobs. It may be read again and again, and gives the same each time. */
export interface Source {
  survey(): Promise<Survey>;
  /** From the row after `after` on, all times moved by `shift` milliseconds. */
  messages(after: number, shift: number): AsyncIterable<Message | BadLine>;
}

export const isBad = (item: Message | BadLine): item is BadLine => 'reason' in item;

/** Where the server looks for it too. */
export const jobIdOf = ({ data, subject }: CloudEvent): unknown => data.id ?? data.jobId ?? subject;
export const organizationOf = ({ data }: CloudEvent): string | undefined =>
  typeof data.organizationId === 'string' ? data.organizationId : undefined;
