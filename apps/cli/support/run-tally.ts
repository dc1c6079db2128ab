import type { CliClient } from '../src/client/client';
import { tally } from '../src/program';

export interface RunTallyResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

interface RunTallyOptions {
  readonly client?: CliClient;
  readonly cwd?: string;
  readonly interrupted?: AbortSignal;
  readonly organizationId?: string;
}

/** Runs a command line in this process. */
export async function runTally(args: readonly string[], setting: RunTallyOptions = {}): Promise<RunTallyResult> {
  const { client, cwd = '.', interrupted = new AbortController().signal, organizationId } = setting;
  const said = { out: [] as string[], err: [] as string[] };
  const exitCode = await tally(args, {
    environment: {},
    cwd,
    out: (text) => said.out.push(text),
    err: (text) => said.err.push(text),
    interrupted,
    connect: () =>
      client ? Promise.resolve({ client, organizationId }) : Promise.reject(new Error('This command called a server.')),
  });
  return { exitCode, out: said.out.join('\n'), err: said.err.join('\n') };
}
