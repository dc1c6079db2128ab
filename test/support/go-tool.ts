import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Below node_modules, so that git ignores it. */
const CACHE = join(__dirname, '../../node_modules/.cache/tallystick-tools');
/** helm takes four minutes on two cores; once. */
const BUILD_MILLISECONDS = 900_000;

export interface GoTool {
  readonly name: string;
  /** Of its command, as `go install` takes it. */
  readonly path: string;
  readonly version: string;
  /** What it is called where it is on this machine already; it answers to `version`. */
  readonly installed: readonly [string, ...string[]];
}

type Found = { readonly command: readonly string[]; readonly built: boolean } | { readonly why: string };

/** Compiled at the first call where it is not installed, and kept. */
function findTool(tool: GoTool): Found {
  const [program, ...first] = tool.installed;
  if (runs(program, [...first, 'version'])) return { command: tool.installed, built: false };
  const kept = join(CACHE, `${tool.name}-${tool.version}`);
  if (existsSync(kept)) return { command: [kept], built: true };
  if (!runs('go', ['version'])) return { why: `there is no ${tool.name} on this machine, and no Go to build it with` };
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, 'unfinished-'));
  try {
    execFileSync('go', ['install', `${tool.path}@${tool.version}`], {
      env: { ...process.env, GOBIN: unfinished },
      timeout: BUILD_MILLISECONDS,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(join(unfinished, basename(tool.path)), kept);
    return { command: [kept], built: true };
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error)
      .trim()
      .split('\n')
      .at(-1);
    return { why: `${tool.name} ${tool.version} could not be built with Go (${said})` };
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

export interface GoToolRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A suite that needs a tool; where it cannot be had it says why it is left out. */
export function describeWithTool(
  name: string,
  tool: GoTool,
  suite: (run: (args: readonly string[], cwd?: string) => GoToolRun, built: boolean) => void,
): void {
  const found = findTool(tool);
  if ('why' in found) {
    // jest names no test of a suite that is left out as a whole.
    process.stderr.write(`skipped: ${name}: ${found.why}\n`);
    describe(name, () => test.skip(`skipped: ${found.why}`, () => undefined));
    return;
  }
  const [program = '', ...first] = found.command;
  const run = (args: readonly string[], cwd?: string): GoToolRun => {
    const { status, stdout, stderr } = spawnSync(program, [...first, ...args], { cwd, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  };
  describe(name, () => suite(run, found.built));
}

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
