import { ClockSkew } from './clock-skew';
import { type CannotOpen, openingFailure, reasonOf, TimedOut, withDeadline } from './failures';
import { GuardedClient } from './guarded-client';
import { type EventStoreDbHost, placeOf, type EventStoreDbSettings } from './options';

const isAboutTrust = (error: unknown): boolean => /certificate|wrong version/i.test(reasonOf(error));

/**
 * Error for a failed start, in one sentence. For a cluster the client reports only that no node was found, so the hosts
 * are contacted one by one.
 */
export async function whyNotOpened(settings: EventStoreDbSettings, error: unknown): Promise<CannotOpen> {
  const { hosts, discover, user } = settings;
  const isCluster = discover === true || hosts.length > 1;
  const isVague = error instanceof TimedOut || /^Failed to discover/.test(reasonOf(error));
  if (!isCluster || !isVague) return openingFailure(placeOf(settings), user, error);
  const answers = await Promise.all(hosts.map((host) => answerOf(settings, host)));
  const isReached = answers.some((answer) => answer === undefined);
  const reported =
    answers.find((answer) => answer !== undefined && isAboutTrust(answer.error)) ??
    (isReached ? undefined : answers.find((answer) => !(answer?.error instanceof TimedOut)));
  return reported
    ? openingFailure(placeOf({ hosts: [reported.host] }), user, reported.error)
    : openingFailure(placeOf(settings), user, error);
}

/** Undefined if the host responds. */
async function answerOf(settings: EventStoreDbSettings, host: EventStoreDbHost) {
  const client = new GuardedClient({ ...settings, hosts: [host], discover: false }, new ClockSkew());
  try {
    await withDeadline(settings.openTimeoutMs / 2, client.readServerFeatures());
    return undefined;
  } catch (error) {
    return { host, error };
  } finally {
    await client.close().catch(() => undefined);
  }
}
