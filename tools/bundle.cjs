// Bundles each app into dist/bundle/<app>.js: what an image needs, without node_modules. esbuild reads what swc has
// compiled and never TypeScript: it would lose the decorator metadata, and bad bodies would be taken without a word.
const esbuild = require('esbuild');
const fs = require('node:fs');
const { basename, dirname, join, relative } = require('node:path');
const { build } = require('./build.cjs');

const OUT = 'dist/bundle';
const UI = 'node_modules/swagger-ui-dist';
const UI_FILES = /^(index|swagger-ui)\.css$|^swagger-ui-(bundle|standalone-preset)\.js$|^favicon.*\.png$/;
// Read from the disk, not by require(): each goes to its old place, below the bundle.
const FILES = [
  // (a service that hands requests on describes all routes)
  'docs/openapi.json',
  ...fs.readdirSync('catalogs').map((file) => `catalogs/${file}`),
  ...fs.readdirSync(UI).flatMap((file) => (UI_FILES.test(file) ? [`${UI}/${file}`] : [])),
  'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm',
];

/** Below dist/ or the workspace; node_modules may be a link to elsewhere. */
const placeOf = (file) => {
  const at = file.replaceAll('\\', '/').search(/node_modules\//);
  return dirname(at === -1 ? relative('dist', file) : file.slice(at)).replaceAll('\\', '/');
};

/** A module goes on seeing the `__dirname` it had, now below the bundle: so it finds its worker, its catalogs, its files. */
const oldPlaces = {
  name: 'old-places',
  setup: (bundle) =>
    bundle.onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const text = fs.readFileSync(path, 'utf8');
      const contents = text
        .replace(/\b__dirname\b/g, () => `(BUNDLE + ${JSON.stringify(`/${placeOf(path)}`)})`)
        // How Nest, which is ESM, asks for packages it can do without; esbuild would not see it.
        .replace(/^const require = createRequire\(import\.meta\.url\);$/m, '')
        .replace(/\bcreateRequire\(import\.meta\.url\)(?=\()/g, 'require');
      return contents === text ? undefined : { contents, loader: 'js' };
    }),
};

const ASKED = Symbol('asked');
/** What Nest could use and nobody installed (Express, Redis) fails where it is asked for, as it does without a bundle. */
const withoutOptional = {
  name: 'without-optional',
  setup: (bundle) =>
    bundle.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === ASKED || kind === 'import-statement' || kind === 'entry-point') return undefined;
      const { errors } = await bundle.resolve(path, { kind, resolveDir, pluginData: ASKED });
      return errors.length > 0 ? { path, external: true } : undefined;
    }),
};

/** Files of one folder together, so that each module is read once. Resolves to the names of all modules that went in. */
const bundle = async (folder, entries) => {
  const { metafile } = await esbuild.build({
    entryPoints: entries,
    outdir: join(OUT, folder),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    // Names of classes are in errors, logs and operation ids; of two alike one would be numbered.
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

/** The licences of others want to be where their code is. */
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
  // A thread is started by its file.
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
