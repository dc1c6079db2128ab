// The layer borders as an ESLint rule, with the table in layers.cjs. @nx/eslint-plugin has such a rule, too, but it
// needs the 150 MB of @nx/js and the project graph; this one needs only the path of the file.
const { builtinModules } = require('node:module');
const { dirname, posix, relative, sep } = require('node:path');
const { DRIVERS, layerOf, matches, projectOf } = require('./layers.cjs');

const ALIAS = '@tallystick/';
const WORKSPACE = dirname(__dirname);
const some = (patterns, name) => patterns.some((pattern) => matches(pattern, name));
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const asNode = (specifier) => {
  const bare = specifier.replace(/^node:/, '');
  return specifier.startsWith('node:') || builtinModules.includes(bare) ? `node:${bare}` : undefined;
};

const relativeBreach = (file, specifier, project) => {
  const target = posix.join(posix.dirname(file), specifier);
  const other = projectOf(target);
  // (an app has no alias)
  if (project === undefined) return other?.name && 'Import a library by its alias, not by a path.';
  return other?.root === project.root
    ? undefined
    : `${project.root} may not import files of other projects by path: use their alias.`;
};

const aliasBreach = (specifier, project, layer, isTest) => {
  const name = specifier.slice(ALIAS.length);
  const target = projectOf(`libs/${name}/`);
  if (target.name !== name) return `${specifier} is not a project: import the index of a library.`;
  if (layer === undefined || name === project.name || some(layer.libs, name)) return undefined;
  // Test kits are for tests.
  if (isTest && name.endsWith('-testing')) return undefined;
  return `${project.root} may not import ${specifier}.`;
};

const packageBreach = (specifier, project, layer, isTest) => {
  const node = asNode(specifier);
  const name = node ?? packageOf(specifier);
  if (layer === undefined) return undefined;
  if (DRIVERS.includes(name) && !layer.drivers?.includes(name)) return `Only its adapter may import ${name}.`;
  if (isTest || (node === undefined ? some(layer.npm, name) : layer.node)) return undefined;
  return `${project.root} may not import ${name}.`;
};

const breachOf = (file, specifier) => {
  const project = projectOf(file);
  const layer = project && layerOf(project.root);
  if (project !== undefined && layer === undefined) return `${project.root} is in no layer: see tools/layers.cjs.`;
  const isTest = file.endsWith('.spec.ts') || file.includes('/support/');
  if (specifier.startsWith('.')) return relativeBreach(file, specifier, project);
  if (specifier.startsWith(ALIAS)) return aliasBreach(specifier, project, layer, isTest);
  return packageBreach(specifier, project, layer, isTest);
};

const borders = {
  meta: { type: 'problem', schema: [] },
  create: (context) => {
    const file = relative(WORKSPACE, context.filename).split(sep).join('/');
    const check = (source) => {
      if (typeof source?.value !== 'string') return;
      const message = breachOf(file, source.value);
      if (message !== undefined) context.report({ node: source, message });
    };
    const required =
      "CallExpression[callee.name='require'], CallExpression[callee.object.name='require'][callee.property.name='resolve']";
    return {
      'ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression': (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node.expression),
      [required]: (node) => check(node.arguments[0]),
    };
  },
};

module.exports = { rules: { borders } };
