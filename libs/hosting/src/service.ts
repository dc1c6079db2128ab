import type { DynamicModule, Type } from '@nestjs/common';
import type { SettingDeclarations } from './settings/setting';

/** A topic that a service publishes to, or whose dead letters it writes. */
export interface TopicDefinition {
  readonly name: string;
  /** Absent: the default of the bus. */
  readonly maxMessageBytes?: number;
}

/**
 * A service as processes compose it. Resources that carry its name belong to the service, not to the process: the service
 * keeps them when it moves to another process.
 */
export interface ServiceDefinition {
  /** Unique among services. Its consumer group is `consumerGroupOf(service)`, its record collections are `<name>.<collection>`. */
  readonly name: string;
  readonly module: Type | DynamicModule;
  /** Categories of the streams that it writes: streams of `credits` are named `credits-<id>`. Empty: it needs no event store. */
  readonly categories: readonly string[];
  /** Topics that it owns. */
  readonly topics: readonly TopicDefinition[];
  /** Topics that its consumer group reads. */
  readonly consumes: readonly string[];
  /** Consumer groups that an earlier version used. A topic of which the group has no offsets starts where the first of them stood. */
  readonly formerConsumerGroups?: readonly string[];
  /** The names of its record collections in the store, legacy names included. */
  readonly collections: readonly string[];
  /** Those of `collections` whose records expire by `Clock`. The others expire by `SystemClock`. */
  readonly collectionsByClock?: readonly string[];
  /** Settings that it reads, by the name of their value in the configuration. */
  readonly settings: SettingDeclarations;
  /**
   * Paths that it serves, such as `v1/organizations`, with everything below them. A segment with a colon stands for any value:
   * `v1/organizations/:organization/invoices`. The longest match wins.
   */
  readonly routes: readonly string[];
}

export const consumerGroupOf = ({ name }: Pick<ServiceDefinition, 'name'>): string => `tallystick.${name}`;

/**
 * The transport of the service's handlers: `@EventPattern(topic, consumerTransportOf('job-intake'), { batch: true })`. Each
 * service of a process has consumers of its own, and the framework binds to them the handlers of their transport.
 */
export const consumerTransportOf = (service: string): symbol => Symbol.for(`tallystick.${service}`);

/** All streams of a category begin with it. */
export const streamPrefixOf = (category: string): string => `${category}-`;
