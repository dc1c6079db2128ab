/** Why an organization is stopped. */
export interface StopReason {
  /** `foreign`, `newer` and `not-ours`: because of one record of its stream. `fault`: an error of the program, or credits that do not add up. */
  readonly kind: 'not-ours' | 'foreign' | 'newer' | 'gap' | 'deleted' | 'fault';
  readonly reason: string;
  /** Of the record. Of a gap: the first missing revision. */
  readonly revision?: number;
  readonly eventId?: string;
  readonly type?: string;
}

const WHY: Readonly<Record<StopReason['kind'], (stop: StopReason, stream: string) => string>> = {
  'not-ours': (_, stream) => `${stream} belongs to another program.`,
  foreign: ({ revision }, stream) =>
    `The record at revision ${revision} of ${stream} was not written by Tallystick, or is damaged. An operator can accept it as foreign: tally ops accept-foreign ${stream} ${revision} --reason TEXT.`,
  newer: ({ revision }, stream) =>
    `A later version of Tallystick wrote the record at revision ${revision} of ${stream}. Start that version.`,
  gap: ({ reason }) =>
    `${reason} An operator has to bring them back: from a backup, or by removing $maxCount, $maxAge and $tb from the stream's metadata.`,
  deleted: (_, stream) =>
    `${stream} was deleted on the server. An operator has to restore it from a backup, or to use another id.`,
  fault: () => 'An operator has to look at its fault.',
};

/** The `detail` for callers of a stopped organization. */
export const stoppedDetail = (stop: StopReason, stream: string): string =>
  `This organization is stopped; the others go on. Nothing was moved. ${WHY[stop.kind](stop, stream)}`;
