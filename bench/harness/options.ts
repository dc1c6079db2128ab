import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly runs: number;
  readonly json?: string;
  readonly profile: boolean;
}

export const USAGE = `npm run bench -- [--only NAME]... [--quick] [--runs N] [--json FILE] [--profile]`;

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number, 1 or more. ${USAGE}`);
  const only = values.only.flatMap((names) => names.split(','));
  return { only, quick: values.quick, runs, json: values.json, profile: values.profile };
}
