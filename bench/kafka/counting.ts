export const TOPIC = 'completed';
const PATIENCE_MILLISECONDS = 120_000;

/** What a reader is given. */
export interface ReaderOptions {
  readonly brokers: string[];
  readonly group: string;
  readonly messages: number;
  /** The first of them: the compiler has seen it all before anything counts. */
  readonly warmUp: number;
}

/** Microseconds a message. */
export interface ReadCosts {
  readonly processor: number;
  readonly wall: number;
}

/** A topic to be read from its beginning; with the group's name, which nobody else has. */
export const reading = (): ReaderOptions => JSON.parse(process.argv[2]!) as ReaderOptions;

/** Counts until the last one; `read` resolves then. */
export function counting({ messages, warmUp }: ReaderOptions) {
  let count = 0;
  let started = 0;
  let used: NodeJS.CpuUsage | undefined;
  let done: (read: ReadCosts) => void;
  const read = new Promise<ReadCosts>((resolve, reject) => {
    done = resolve;
    const late = () => reject(new Error(`${count} of ${messages} messages were good.`));
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
