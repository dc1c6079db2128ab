import type { Message } from 'kafkajs';
import type { TraceRow } from '../../support/trace';

export const ORGANIZATIONS = 60;
/** Distributes consecutive rows: few organizations have many jobs, many have few. */
const SPREAD = 0.6180339887;

export const organizationIds = (): string[] => Array.from({ length: ORGANIZATIONS }, (_, at) => `trace-${at + 1}`);

export function organizationOf({ number }: TraceRow): string {
  const evenly = (number * SPREAD) % 1;
  return `trace-${1 + Math.floor(ORGANIZATIONS * evenly ** 2)}`;
}

/** The submission and the outcome of each row in time order, shifted so that the last one happens at `now`. */
export function messagesOf(rows: readonly TraceRow[], now: number): Message[] {
  const endOf = ({ at, milliseconds }: TraceRow) => at + milliseconds;
  const shift = now - rows.reduce((latest, row) => Math.max(latest, endOf(row)), 0);
  const said = rows.flatMap((row) => {
    const usage = { operation: 'document-extraction', usage: { pages: row.pages } };
    const end = row.fails ? 'failed' : 'completed';
    return [
      { at: row.at, message: eventOf(row, 'submitted', row.at + shift, usage) },
      { at: endOf(row), message: eventOf(row, end, endOf(row) + shift, {}) },
    ];
  });
  return said.sort((a, b) => a.at - b.at).map(({ message }) => message);
}

function eventOf(row: TraceRow, what: string, time: number, more: object): Message {
  const organizationId = organizationOf(row);
  const id = `row-${row.number}`;
  const event = {
    specversion: '1.0',
    id: `${id}:${what}`,
    source: '/foreign/producer',
    type: `tallystick.job.${what}`,
    subject: id,
    time: new Date(time).toISOString(),
    data: { organizationId, ...more },
  };
  return { key: organizationId, value: JSON.stringify(event) };
}
