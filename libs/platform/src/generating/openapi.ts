import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE = 20_000;

/** What the standalone form serves as /docs/openapi.json: asked of a process of its own, in a directory that goes with it. */
export async function openApiOf(main: string): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  const flags = ['--port', '0', '--data', directory, '--no-demo'];
  const child = spawn(process.execPath, [main, ...flags], {
    env: { ...process.env, TALLY_LOG_FORMAT: 'json', TALLY_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const url = await addressOf(child.stdout, ended);
    return await (await fetch(`${url}/docs/openapi.json`)).json();
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The log says where it listens once it does. */
function addressOf(output: NodeJS.ReadableStream, ended: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The server did not start in time.')), PATIENCE);
    void ended.then(() => reject(new Error('The server ended at its start.')));
    let said = '';
    output.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, url] = /"url":"([^"]+)","msg":"ready"/.exec(said) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
