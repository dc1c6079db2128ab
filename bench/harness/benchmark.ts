/** One measurement with the values of all runs in order. */
export interface Figure {
  /** The case. Figures of one case are compared with each other. */
  readonly case: string;
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** The ratio of each run to the compared system. `ratioOf` says which is divided by which. */
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
  /** Reports progress. */
  readonly say: (text: string) => void;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  readonly run: (context: BenchmarkContext) => Promise<readonly BenchmarkResult[]>;
}

/** The ratio of two series, run by run. It varies less between machines than the values. */
export const ratio = (of: readonly number[], to: readonly number[]): number[] =>
  of.map((value, run) => value / to[run]!);

export const isSkipped = (result: BenchmarkResult): result is Skipped => 'skipped' in result;
