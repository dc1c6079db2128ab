// One rule instead of a configuration file per project: a folder with src/index.ts or src/main.ts is a project, and its
// path gives its layer and tags.
const { dirname } = require('node:path');
const { layerOf, projectOf } = require('./layers.cjs');

const describe = (entry) => {
  const root = dirname(dirname(entry));
  const { family, member, root: expected } = projectOf(entry);
  if (root !== expected || layerOf(root) === undefined) throw new Error(`${root} is in no layer (tools/layers.cjs)`);
  return {
    root,
    // apps/credit-ledger and libs/services/credit-ledger are two projects; Nx wants two names.
    name: family === 'app' || family === 'service' ? `${member}-${family}` : member,
    projectType: family === 'app' ? 'application' : 'library',
    sourceRoot: `${root}/src`,
    tags: [`layer:${family}`, `${family}:${member}`],
    targets: {
      test: { command: `jest --passWithNoTests ${root}` },
      lint: { command: `eslint ${root}` },
    },
  };
};

exports.name = 'projects-by-folder';
exports.createNodes = exports.createNodesV2 = [
  '{apps,libs}/**/src/{index,main}.ts',
  (entries) => entries.map((entry) => [entry, { projects: { [dirname(dirname(entry))]: describe(entry) } }]),
];
