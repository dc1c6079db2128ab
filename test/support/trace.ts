import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './server-process';

const REAL = join(ROOT, '../shared/data/llm-inference-trace-code.csv');
const TOKENS_A_PAGE = 500;
const FAILS_EVERY = 50;

export const isRealTrace = existsSync(REAL);
export const TRACE = isRealTrace ? 'the real trace' : 'a generated trace (the real trace is not available)';

/** The trace next to the repository, or a similar generated one, as CSV with a header. */
export const traceText = (): string => (isRealTrace ? readFileSync(REAL, 'utf8') : generated());

/** An hour of bursts, short and long prompts. */
function generated(): string {
  const rows = ['TIMESTAMP,ContextTokens,GeneratedTokens'];
  let time = Date.parse('2023-11-16T18:17:03Z');
  for (let at = 0; at < 4_000; at++) {
    time += (at * 7_919) % 1_801;
    const stamp = new Date(time).toISOString().replace('T', ' ').replace('Z', '0000');
    rows.push(`${stamp},${1 + ((at * 104_729) % 7_437)},${1 + ((at * 31) % 900)}`);
  }
  return rows.join('\n');
}

export interface TraceRow {
  /** From 1. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly pages: number;
  readonly milliseconds: number;
  readonly fails: boolean;
}

/** Reads the trace like examples/trace-mapping.yaml, independently of the product, for comparison. */
export const rowsOf = (text: string): TraceRow[] =>
  text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line, index) => {
      const [time = '', context, generated] = line.split(',');
      return {
        number: index + 1,
        at: Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`),
        pages: Math.ceil(Number(context) / TOKENS_A_PAGE),
        milliseconds: Number(generated) * 20,
        fails: (index + 1) % FAILS_EVERY === 0,
      };
    });

/** The expected result in the ledger: one credit per page, and every fiftieth job fails. */
export function countOf(rows: readonly Pick<TraceRow, 'pages' | 'fails'>[]) {
  const failed = rows.filter(({ fails }) => fails);
  const pages = (some: typeof rows) => some.reduce((sum, row) => sum + row.pages, 0);
  const refunded = pages(failed);
  return { rows: rows.length, consumed: pages(rows) - refunded, refunded, failed: failed.length };
}
