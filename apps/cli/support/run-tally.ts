import type { Client } from '../src/client/client';
import { tally } from '../src/program';

export interface TallyRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

interface TallyOptions {
  readonly client?: Client;
  readonly cwd?: string;
  readonly interrupted?: AbortSignal;
  readonly organizationId?: string;
}

/** Runs a command line in this process. */
export async function runTally(args: readonly string[], setting: TallyOptions = {}): Promise<TallyRun> {
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
