import { isSkipped, type BenchmarkResult } from './benchmark';
import { readable, spreadOf } from './statistics';

const HEAD = ['case', 'measured', 'median', 'min–max', 'unit', 'ratio', 'min–max', 'aim'];

/** The results as a Markdown table. */
export function table(results: readonly BenchmarkResult[]): string {
  const rows = [HEAD, ...results.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}

function rowOf(result: BenchmarkResult): string[] {
  if (isSkipped(result)) return [result.case, result.what, `skipped: ${result.skipped}`, '', '', '', '', ''];
  const { median, min, max } = spreadOf(result.values);
  const between = result.ratios && spreadOf(result.ratios);
  return [
    result.case,
    result.what,
    readable(median),
    `${readable(min)}–${readable(max)}`,
    result.unit,
    between ? `${readable(between.median)}${result.ratioOf ? ` ${result.ratioOf}` : ''}` : '',
    between ? `${readable(between.min)}–${readable(between.max)}` : '',
    result.aim ?? '',
  ];
}
