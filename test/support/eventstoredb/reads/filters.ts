import type { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { Recorded } from '../log/records';

export const ALL_EVENTS = (): boolean => true;

/** The predicate of a filter: by stream or type, with prefixes or an expression. */
export function filterOf(options: ReadReq.Options): (event: Recorded) => boolean {
  const filter = options.getFilter();
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType();
  if (!filter || !expression) return ALL_EVENTS;
  const regex = expression.getRegex() === '' ? undefined : new RegExp(expression.getRegex());
  const isByStream = filter.hasStreamIdentifier();
  return (event) => {
    const text = isByStream ? event.stream : event.type;
    return regex ? regex.test(text) : expression.getPrefixList().some((prefix) => text.startsWith(prefix));
  };
}
