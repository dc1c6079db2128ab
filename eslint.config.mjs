import ts from 'typescript-eslint';
import tallystick from './tools/eslint-borders.cjs';

const noClock = 'The domain has no clock: take the time from the command.';
const noChance = 'The domain has no randomness: take ids and seeds from the command.';
const noSystemTime = 'Take the time from the injected Clock (decisions) or SystemClock (time-outs, records).';
const lines = { skipBlankLines: true, skipComments: true };
const specs = '**/*.spec.ts';

export default ts.config(
  { ignores: ['dist/', 'node_modules/', '.nx/', 'coverage/'] },
  {
    files: ['{apps,libs,test,bench,tools}/**/*.{ts,tsx}'],
    extends: [ts.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { tallystick },
    rules: {
      'tallystick/borders': 'error',
      'max-lines': ['error', { max: 250, ...lines }],
      'max-lines-per-function': ['error', { max: 70, ...lines }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The error of a promise without await is lost.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      // A new event type must be handled, or excluded explicitly.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['libs/domain/**/*.ts'],
    ignores: [specs],
    rules: {
      'max-lines-per-function': ['error', { max: 50, ...lines }],
      'no-restricted-globals': [
        'error',
        ...['process', 'globalThis', 'global', 'console', 'performance', 'fetch', 'crypto', 'require'],
        ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: noClock },
        { selector: "CallExpression[callee.name='Date']", message: noClock },
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: noClock },
        { selector: "MemberExpression[object.name='Temporal'][property.name='Now']", message: noClock },
        { selector: "MemberExpression[object.name='Math'][property.name='random']", message: noChance },
      ],
    },
  },
  {
    files: ['libs/{hosting,platform,services}/**/*.ts'],
    ignores: [specs, '**/support/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: noSystemTime },
        { selector: "CallExpression[callee.name='Date']", message: noSystemTime },
        { selector: "MemberExpression[object.name='Date'][property.name='now']", message: noSystemTime },
        { selector: "MemberExpression[object.name='performance'][property.name='now']", message: noSystemTime },
      ],
    },
  },
  { files: [specs], rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' } },
);
