import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { OpenApiDocument } from './responses';

const PATIENCE = 20_000;

/** The /docs/openapi.json of the standalone form, read from a separate process with a temporary directory. */
export async function openApiOf(main: string): Promise<OpenApiDocument> {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  const flags = ['--port', '0', '--data', directory, '--no-demo'];
  const child = spawn(process.execPath, [main, ...flags], {
    env: { PATH: process.env['PATH'], TALLY_LOG_FORMAT: 'json' },
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const url = await addressOf(child, ended);
    return (await (await fetch(`${url}/docs/openapi.json`)).json()) as OpenApiDocument;
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The log says where it listens once it does. */
function addressOf({ stdout, stderr }: ChildProcessByStdio<null, Readable, Readable>, ended: Promise<void>) {
  return new Promise<string>((resolve, reject) => {
    let said = '';
    let complained = '';
    const fail = (why: string) => reject(new Error(`The server ${why}.\n${complained}`));
    const timer = setTimeout(() => fail('did not start in time'), PATIENCE);
    void ended.then(() => fail('ended at its start'));
    stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
    stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, url] = /"url":"([^"]+)","msg":"ready"/.exec(said) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
