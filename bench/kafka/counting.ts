export const TOPIC = 'completed';
const PATIENCE_MILLISECONDS = 120_000;

/** Options of a reader process. */
export interface ReaderOptions {
  readonly brokers: string[];
  readonly group: string;
  readonly messages: number;
  /** Messages before the measurement, for the compiler. */
  readonly warmUp: number;
}

/** Microseconds per message. */
export interface ReadCosts {
  readonly processor: number;
  readonly wall: number;
}

/** The options of this process: a topic to read from its start with a unique group. */
export const reading = (): ReaderOptions => JSON.parse(process.argv[2]!) as ReaderOptions;

/** Counts messages. `read` resolves at the last one. */
export function counting({ messages, warmUp }: ReaderOptions) {
  let count = 0;
  let started = 0;
  let used: NodeJS.CpuUsage | undefined;
  let done: (read: ReadCosts) => void;
  const read = new Promise<ReadCosts>((resolve, reject) => {
    done = resolve;
    const late = () => reject(new Error(`${count} of ${messages} messages were valid.`));
    setTimeout(late, PATIENCE_MILLISECONDS).unref();
  });
  const take = (more = 1) => {
    count += more;
    if (count < warmUp) return;
    if (used === undefined) {
      warmUp = count;
      used = process.cpuUsage();
      started = performance.now();
    } else if (count === messages) {
      const { user, system } = process.cpuUsage(used);
      const counted = messages - warmUp;
      done({
        processor: (user + system) / counted,
        wall: ((performance.now() - started) * 1_000) / counted,
      });
    }
  };
  return { take, read };
}
