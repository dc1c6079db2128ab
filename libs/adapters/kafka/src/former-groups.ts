import type { Admin, Kafka } from 'kafkajs';
import { RETRY } from './connection';

export interface TakeOver {
  readonly group: string;
  /** Groups of an earlier version, in the order in which they are looked at. */
  readonly formerGroups: readonly string[];
  readonly topics: readonly string[];
}

interface TopicOffsets {
  readonly topic: string;
  readonly partitions: { readonly partition: number; readonly offset: string }[];
}

/** Kafka's answer for a partition without a committed offset. */
const NONE = '-1';
const WITHOUT_MEMBERS: ReadonlySet<string> = new Set(['Empty', 'Dead', 'Unknown']);

/**
 * Copies the committed offsets of a former group, for topics of which the group has none. Returns false while the group has
 * members, for example a replica that is copying: call again.
 */
export async function takeOverOffsets(kafka: Kafka, { group, formerGroups, topics }: TakeOver): Promise<boolean> {
  const admin = kafka.admin({ retry: RETRY });
  await admin.connect();
  try {
    const own = await committedOffsets(admin, group, topics);
    const missing = topics.filter((topic) => !own.some((found) => found.topic === topic));
    const former = await firstOffsets(admin, formerGroups, missing);
    if (former.length === 0) return true;
    const { groups } = await admin.describeGroups([group]);
    if (!groups.every(({ state }) => WITHOUT_MEMBERS.has(state))) return false;
    for (const { topic, partitions } of former) await admin.setOffsets({ groupId: group, topic, partitions });
    return true;
  } finally {
    await admin.disconnect();
  }
}

async function firstOffsets(
  admin: Admin,
  groups: readonly string[],
  topics: readonly string[],
): Promise<readonly TopicOffsets[]> {
  if (topics.length === 0) return [];
  for (const group of groups) {
    const found = await committedOffsets(admin, group, topics);
    if (found.length > 0) return found;
  }
  return [];
}

async function committedOffsets(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
): Promise<readonly TopicOffsets[]> {
  const found = await admin.fetchOffsets({ groupId, topics: [...topics] });
  return found
    .map(({ topic, partitions }) => ({ topic, partitions: partitions.filter(({ offset }) => offset !== NONE) }))
    .filter(({ partitions }) => partitions.length > 0);
}
