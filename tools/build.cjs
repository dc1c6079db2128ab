// Compiles the sources (without specs) with swc into dist/, in the same layout. swc instead of esbuild, because Nest
// needs decorator metadata. Only files newer than their output are compiled, so that `npm start` is fast.
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

// Written to another name and renamed, because another process may load the same file.
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
    // (temporary files of a parallel build stay)
    .filter((file) => !wanted.has(file.replace(/(\.map)?(\.\d+)?$/, '')));
  for (const file of gone) fs.rmSync(file, { force: true });
  // To stderr, because stdout may be program output (tally --json).
  if (stale.length + gone.length > 0)
    console.error(`built ${stale.length} of ${inputs.length} files, removed ${gone.length}`);
};

module.exports = { build };
if (require.main === module) build().catch((error) => (console.error(error.message ?? error), process.exit(1)));
