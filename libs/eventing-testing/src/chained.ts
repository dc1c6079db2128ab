import { ChainCheck, type UnchainedHistory } from '@tallystick/eventing';
import type { RecordedEvent } from '@tallystick/eventing';

/** What is wrong with the chains of these events of a log, stream by stream; `isSeal` tells the events that seal a history. */
export function chainBreaches(
  log: readonly RecordedEvent[],
  isSeal: (event: RecordedEvent) => boolean = ({ type }) => type === 'HistorySealed',
): string[] {
  const checks = new Map<string, ChainCheck>();
  return log.flatMap((event) => {
    const check = checks.get(event.stream) ?? new ChainCheck(event.stream);
    checks.set(event.stream, check);
    const breaches = check.take(event);
    return isSeal(event) ? [...breaches, ...check.takeSeal(event.data as UnchainedHistory)] : breaches;
  });
}
