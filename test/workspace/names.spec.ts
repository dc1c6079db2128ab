import ts from 'typescript';
import { listFiles, readAll, Texts } from './support/files';

/** Names of all interfaces, types, classes and enums that a text declares, at any depth. */
function declaredIn(file: string, text: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isEnumDeclaration(node);
    if (declares && node.name !== undefined) names.push(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return names;
}

/** `name: its files` for each name that several files declare. */
function namedTwice(texts: Texts): string[] {
  const filesOf = new Map<string, Set<string>>();
  for (const [file, text] of Object.entries(texts))
    for (const name of declaredIn(file, text)) filesOf.set(name, (filesOf.get(name) ?? new Set()).add(file));
  return [...filesOf]
    .filter(([, files]) => files.size > 1)
    .map(([name, files]) => `${name}: ${[...files].join(' ')}`)
    .sort();
}

test('every type name is declared in one file', () => {
  const sources = listFiles().filter((file) => /\.tsx?$/.test(file));
  expect(sources.length).toBeGreaterThan(500);
  expect(namedTwice(readAll(sources))).toEqual([]);
});

describe('a name that two files declare is reported', () => {
  test.each([
    ['as an interface and a type', 'interface Job { id: string }', 'export type Job = string;'],
    ['as a class and an enum', 'export class Job {}', 'enum Job { Open }'],
    ['inside a function', 'type Job = string;', 'function f() { interface Job { id: string } }'],
    ['in a global declaration', 'interface Job {}', 'declare global { interface Job {} }\nexport {};'],
  ])('%s', (_, one, other) => {
    expect(namedTwice({ 'a.ts': one, 'b.spec.ts': other })).toEqual(['Job: a.ts b.spec.ts']);
  });

  test('but not in one file, nor one that is imported', () => {
    const merged = 'export interface Job { id: string }\nexport interface Job { at: string }';
    expect(namedTwice({ 'a.ts': merged, 'b.ts': "import { Job } from './a';\nexport type { Job };" })).toEqual([]);
  });
});
