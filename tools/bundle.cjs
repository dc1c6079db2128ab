// Bundles each app into dist/bundle/<app>.js, so that an image needs no node_modules. esbuild reads the output of swc
// instead of TypeScript, because it drops decorator metadata: invalid bodies would then be accepted silently.
const esbuild = require('esbuild');
const fs = require('node:fs');
const { basename, dirname, join, relative } = require('node:path');
const { build } = require('./build.cjs');

const OUT = 'dist/bundle';
const UI = 'node_modules/swagger-ui-dist';
const UI_FILES = /^(index|swagger-ui)\.css$|^swagger-ui-(bundle|standalone-preset)\.js$|^favicon.*\.png$/;
// Files that are read from disk, not by require(). Each keeps its relative path, below the bundle.
const FILES = [
  // (a service that forwards requests documents all routes)
  'docs/openapi.json',
  ...fs.readdirSync('catalogs').map((file) => `catalogs/${file}`),
  ...fs.readdirSync(UI).flatMap((file) => (UI_FILES.test(file) ? [`${UI}/${file}`] : [])),
  'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm',
];

/** The folder of a file relative to dist/ or the workspace; node_modules may be a link. */
const placeOf = (file) => {
  const at = file.replaceAll('\\', '/').search(/node_modules\//);
  return dirname(at === -1 ? relative('dist', file) : file.slice(at)).replaceAll('\\', '/');
};

/** Maps `__dirname` of a module to its original path below the bundle, so that it finds its worker and its files. */
const oldPlaces = {
  name: 'old-places',
  setup: (bundle) =>
    bundle.onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const text = fs.readFileSync(path, 'utf8');
      const contents = text
        .replace(/\b__dirname\b/g, () => `(BUNDLE + ${JSON.stringify(`/${placeOf(path)}`)})`)
        // Nest, which is ESM, loads optional packages this way; esbuild does not recognize it.
        .replace(/^const require = createRequire\(import\.meta\.url\);$/m, '')
        .replace(/\bcreateRequire\(import\.meta\.url\)(?=\()/g, 'require');
      return contents === text ? undefined : { contents, loader: 'js' };
    }),
};

const ASKED = Symbol('asked');
/** Optional packages of Nest that are not installed (Express, Redis) fail when they are required, as without a bundle. */
const withoutOptional = {
  name: 'without-optional',
  setup: (bundle) =>
    bundle.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === ASKED || kind === 'import-statement' || kind === 'entry-point') return undefined;
      const { errors } = await bundle.resolve(path, { kind, resolveDir, pluginData: ASKED });
      return errors.length > 0 ? { path, external: true } : undefined;
    }),
};

/** Bundles the files of one folder together, so that each module is read once. Resolves to the names of all bundled modules. */
const bundle = async (folder, entries) => {
  const { metafile } = await esbuild.build({
    entryPoints: entries,
    outdir: join(OUT, folder),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    // Errors, logs and operation ids contain class names; esbuild would number equal names.
    keepNames: true,
    banner: {
      js: `#!/usr/bin/env node\nconst BUNDLE = require('node:path').join(__dirname, '${relative(folder, '.')}');`,
    },
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    tsconfigRaw: {},
    plugins: [oldPlaces, withoutOptional],
  });
  for (const file of Object.keys(metafile.outputs)) fs.chmodSync(file, 0o755);
  return Object.keys(metafile.inputs);
};

/** Licences of the bundled packages, which must be distributed with their code. */
const licencesOf = (modules) => {
  const packages = modules.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]);
  return [...new Set(packages.filter(Boolean))].sort().map((at) => {
    const { name, version, license } = JSON.parse(fs.readFileSync(join(at, 'package.json'), 'utf8'));
    const texts = fs.readdirSync(at).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const said = texts.map((file) => fs.readFileSync(join(at, file), 'utf8').trim());
    return [`== ${name} ${version} (${license})`, ...said].join('\n\n');
  });
};

const main = async () => {
  await build();
  fs.rmSync(OUT, { recursive: true, force: true });
  const apps = Object.fromEntries(fs.readdirSync('dist/apps').map((app) => [app, `dist/apps/${app}/src/main.js`]));
  // A worker thread starts from its own file.
  const threads = fs.readdirSync('dist/libs', { recursive: true }).filter((file) => basename(file) === 'worker.js');
  const modules = await Promise.all([
    bundle('.', apps),
    ...threads.map((file) => bundle(join('libs', dirname(file)), { worker: join('dist/libs', file) })),
  ]);
  for (const file of FILES) fs.cpSync(fs.realpathSync(file), join(OUT, file));
  fs.writeFileSync(join(OUT, 'LICENCES.txt'), `${licencesOf([...modules.flat(), ...FILES]).join('\n\n\n')}\n`);
  console.error(`bundled ${Object.keys(apps).join(', ')} into ${OUT}`);
};

main().catch((error) => (console.error(error.message ?? error), process.exit(1)));
