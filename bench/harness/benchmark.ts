/** One thing measured in every run, in the order of the runs. */
export interface Figure {
  /** The circumstances: figures of one case are compared with each other. */
  readonly case: string;
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** Of each run: what was compared with this, divided by this or the other way round, as `ratioOf` says. */
  readonly ratios?: readonly number[];
  readonly ratioOf?: string;
  readonly aim?: string;
}

export interface Skipped {
  readonly case: string;
  readonly what: string;
  readonly skipped: string;
}

export type BenchmarkResult = Figure | Skipped;

export interface BenchmarkContext {
  readonly runs: number;
  readonly quick: boolean;
  /** Said while it works. */
  readonly say: (text: string) => void;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  readonly run: (context: BenchmarkContext) => Promise<readonly BenchmarkResult[]>;
}

/** Two series of the same runs, each run's divided: machines change, the ratio of neighbours hardly does. */
export const ratio = (of: readonly number[], to: readonly number[]): number[] =>
  of.map((value, run) => value / to[run]!);

export const isSkipped = (result: BenchmarkResult): result is Skipped => 'skipped' in result;
