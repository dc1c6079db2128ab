export { kafkaAddress } from './address';
export type { KafkaConnection } from './connection';
export { KafkaUnusable } from './failures';
export { KafkaBus, type KafkaBusOptions } from './kafka-bus';
export { KafkaBusServer, type KafkaBusServerOptions, type KafkaBusServerStatus } from './kafka-bus-server';
export { partitionOf } from './murmur2';
export { openKafka, type KafkaOptions } from './open-kafka';
export type { TopicSettings, TopicsSettings } from './topic-settings';
export { checkTopics, type CheckOptions } from './topics';
