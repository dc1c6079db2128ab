// Compiles the TypeScript of apps/, libs/, test/, bench/ and tools/ (specs aside) with swc into dist/, same layout. swc and not esbuild: Nest needs
// decorator metadata. Only what is newer than its output is compiled, so `npm start` costs next to nothing when current.
const { transformFile } = require('@swc/core');
const fs = require('node:fs');
const { basename, dirname, extname, join } = require('node:path');

process.chdir(dirname(__dirname));
const ROOTS = ['apps', 'libs', 'test', 'bench', 'tools'];
const ASSETS = new Set(['.html', '.css', '.svg', '.yaml', '.json']);
const SETTINGS = ['.swcrc', 'package.json', __filename];

const walk = (dir) =>
  fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const changed = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const isSource = (file) => extname(file) === '.ts' && !/\.(spec|d)\.ts$/.test(file);
const outputOf = (file) => join('dist', isSource(file) ? file.replace(/\.ts$/, '.js') : file);

// Written aside and renamed: another process may load the same file meanwhile.
const put = (file, content) => {
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, content);
  fs.renameSync(aside, file);
};

const compile = async (file, out) => {
  const { code, map } = await transformFile(file);
  put(`${out}.map`, map);
  put(out, `${code}\n//# sourceMappingURL=${basename(out)}.map\n`);
};

const build = async () => {
  const inputs = ROOTS.filter((root) => fs.existsSync(root))
    .flatMap(walk)
    .filter((file) => isSource(file) || (file.includes('/src/') && ASSETS.has(extname(file))));
  const settings = Math.max(...SETTINGS.map(changed));
  const stale = inputs.filter((file) => changed(outputOf(file)) <= Math.max(changed(file), settings));
  await Promise.all(
    stale.map(async (file) => {
      const out = outputOf(file);
      fs.mkdirSync(dirname(out), { recursive: true });
      await (isSource(file) ? compile(file, out) : put(out, fs.readFileSync(file)));
    }),
  );
  const wanted = new Set(inputs.map(outputOf));
  const gone = ROOTS.map((root) => join('dist', root))
    .filter((dir) => fs.existsSync(dir))
    .flatMap(walk)
    // (a parallel build's files set aside are not ours to remove)
    .filter((file) => !wanted.has(file.replace(/(\.map)?(\.\d+)?$/, '')));
  for (const file of gone) fs.rmSync(file, { force: true });
  // Not to stdout, which may be a program's answer (tally --json).
  if (stale.length + gone.length > 0)
    console.error(`built ${stale.length} of ${inputs.length} files, removed ${gone.length}`);
};

module.exports = { build };
if (require.main === module) build().catch((error) => (console.error(error.message ?? error), process.exit(1)));
