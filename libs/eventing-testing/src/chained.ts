import { ChainCheck, type UnchainedHistory } from '@tallystick/eventing';
import type { RecordedEvent } from '@tallystick/eventing';

/** The errors in the hash chains of these events, stream by stream. `isSeal` recognizes the events that seal a history. */
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
