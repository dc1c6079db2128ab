import { checkTopics, KafkaBusServer, type KafkaConnection } from '@tallystick/adapters/kafka';
import type { BatchContext, Message, ReceivedMessage } from '@tallystick/eventing';

export { until } from '../until';

export const text = ({ value }: { readonly value: Uint8Array }): string => Buffer.from(value).toString();
export const messages = (key: string, ...values: readonly (string | number)[]): Message[] =>
  values.map((value) => ({ key, value: Buffer.from(String(value)), headers: {} }));
export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

/** Short time-outs for tests. */
export const SOON = {
  sessionMilliseconds: 2_000,
  heartbeatMilliseconds: 100,
  rebalanceMilliseconds: 5_000,
  fetchMilliseconds: 100,
  retry: { firstMilliseconds: 5, maxMilliseconds: 50 },
  restart: { firstMilliseconds: 50, maxMilliseconds: 500 },
};
export const QUICK = { connectMilliseconds: 1_000, requestMilliseconds: 3_000 };

export const makeTopics = (connection: KafkaConnection, partitions: number, ...names: readonly string[]) =>
  checkTopics(connection, {
    topics: names.map((name) => ({ name })),
    partitions,
    replication: 1,
    minInSync: 1,
    retentionMilliseconds: 86_400_000,
  });

type BatchHandler = (batch: readonly ReceivedMessage[], context: BatchContext) => Promise<unknown>;

/** The servers of a test, closed together at its end. */
export class Servers {
  private readonly running: KafkaBusServer[] = [];

  constructor(private readonly connection: () => KafkaConnection) {}

  start(group: string, topic: string, handler: BatchHandler, options: object = {}): KafkaBusServer {
    const server = new KafkaBusServer(this.connection(), { ...SOON, ...options, group });
    server.addHandler(topic, handler as never, true, { batch: true });
    this.running.push(server);
    server.listen(() => undefined);
    return server;
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((server) => server.close()));
  }
}
