import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

/** In node_modules, which git ignores. */
const CACHE = join(__dirname, '../../node_modules/.cache/tallystick-tools');
/** The first build of helm takes four minutes on two cores. */
const BUILD_MILLISECONDS = 900_000;

export interface GoTool {
  readonly name: string;
  /** The package of its command, for `go install`. */
  readonly path: string;
  readonly version: string;
  /** The program to use if it is installed. It must support `version`. */
  readonly installed: readonly [string, ...string[]];
}

type Found = { readonly command: readonly string[]; readonly built: boolean } | { readonly why: string };

/** Compiles the tool at the first call unless it is installed, and caches it. */
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

/** A suite that needs a tool. It is skipped with the reason if the tool is not available. */
export function describeWithTool(
  name: string,
  tool: GoTool,
  suite: (run: (args: readonly string[], cwd?: string) => GoToolRun, built: boolean) => void,
): void {
  const found = findTool(tool);
  if ('why' in found) {
    // jest reports no test of a suite that is skipped as a whole.
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
