import { setTimeout as pause } from 'node:timers/promises';
import { KafkaBus } from '@tallystick/adapters/kafka';
import { CREDITS_EVENTS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { Message } from '@tallystick/eventing';
import { Kafka, logLevel, type Admin } from 'kafkajs';

const LOOK_MILLISECONDS = 20;
const PATIENCE_MILLISECONDS = 180_000;

export interface TopicOffset {
  readonly brokers: readonly string[];
  readonly prefix: string;
  /** Without the prefix. */
  readonly group: string;
}

/** Produces to jobs.lifecycle and reads the progress of its consumers. */
export class Topics {
  private produced = 0;

  private constructor(
    private readonly place: TopicOffset,
    private readonly bus: KafkaBus,
    private readonly admin: Admin,
  ) {}

  static async open(place: TopicOffset): Promise<Topics> {
    const { brokers, prefix } = place;
    const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new Topics(place, new KafkaBus({ brokers, prefix }), admin);
  }

  async fill(messages: readonly Message[]): Promise<void> {
    await this.bus.publish(JOBS_LIFECYCLE, messages);
    this.produced += messages.length;
  }

  /** Resolves when the group has this number of members with their partitions. */
  async joined(members: number): Promise<void> {
    await until('the group is complete', async () => {
      const { groups } = await this.admin.describeGroups([this.groupId]);
      return groups[0]!.state === 'Stable' && groups[0]!.members.length === members;
    });
  }

  /** Resolves when the group has committed all produced messages. */
  async consumed(): Promise<void> {
    const topic = this.place.prefix + JOBS_LIFECYCLE;
    await until('all is consumed', async () => {
      const [found] = await this.admin.fetchOffsets({ groupId: this.groupId, topics: [topic] });
      const committed = found!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
      if (committed > this.produced) throw new Error(`${committed} of ${this.produced} messages are consumed.`);
      return committed === this.produced;
    });
  }

  /** Resolves when credits.events contains this number of movements, including duplicates. */
  async published(movements: number): Promise<void> {
    await until('all is published', async () => {
      const partitions = await this.admin.fetchTopicOffsets(this.place.prefix + CREDITS_EVENTS);
      return partitions.reduce((sum, { high }) => sum + Number(high), 0) >= movements;
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.bus.close(), this.admin.disconnect()]);
  }

  private get groupId(): string {
    return this.place.prefix + this.place.group;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It took too long until ${what}.`);
    await pause(LOOK_MILLISECONDS);
  }
}
