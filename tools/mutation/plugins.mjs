// Plugins of Stryker that decide which mutants run.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const PASSED = 'passed';
/** Excludes a mutant from the score. Stryker has no status for mutants outside a sample, so they count as compile errors. */
const LEFT_OUT = 'compileError';

/** Selects a sample by seed and mutant only, independent of order and other files. */
class Sample {
  static inject = ['options'];
  constructor({ sample }) {
    this.sample = sample;
  }

  async init() {}

  async check(mutants) {
    return Object.fromEntries(
      mutants.map((mutant) => [
        mutant.id,
        { status: this.includes(mutant) ? PASSED : LEFT_OUT, reason: 'not in the sample' },
      ]),
    );
  }

  /** All at once. */
  async group(mutants) {
    return [mutants.map(({ id }) => id)];
  }

  includes({ fileName, location, mutatorName, replacement }) {
    const { percent, seed } = this.sample;
    const file = fileName.slice(fileName.lastIndexOf('/libs/'));
    const hash = createHash('sha256').update(JSON.stringify([seed, file, location, mutatorName, replacement]));
    return hash.digest().readUInt32BE() / 2 ** 32 < percent / 100;
  }
}

const nameOf = ({ name, property, type }) => (type === 'Super' ? 'Error' : (property?.name ?? name ?? ''));
const isMessageOf = (node, { type, key, id, callee, arguments: given }) =>
  (type === 'ObjectProperty' && key.name === 'message') ||
  (type === 'VariableDeclarator' && id.name === 'message') ||
  (type === 'NewExpression' && /^[A-Z]\w+$/.test(nameOf(callee))) ||
  (type === 'CallExpression' &&
    /^(Error|invalid|invalidCommand|problem|refuse|matching|unratable)$/.test(nameOf(callee)) &&
    given.at(-1) === node);

/** Ignores the texts of errors and refusals: the specs compare codes, fields and rules instead. */
const messages = {
  shouldIgnore(path) {
    if (!path.isTemplateLiteral() && !path.isStringLiteral()) return undefined;
    const { node, parent, parentPath } = path;
    // assertThat(holds, () => `…`)
    const isAssertion = parent.type === 'ArrowFunctionExpression' && parentPath.parent.callee?.name === 'assertThat';
    return isAssertion || isMessageOf(node, parent) ? 'a message' : undefined;
  },
};

export const strykerPlugins = [
  { kind: 'Checker', name: 'sample', injectableClass: Sample },
  { kind: 'Ignore', name: 'messages', value: messages },
];
