import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import type { SourceProblem, PathKey } from './read';
import type { CatalogProblem } from './problem';

/** One error in YAML often causes more: only the first ones are reported. */
const MAX_FAULTS = 20;

/** A parsed YAML text, with a function that finds the position of a problem. */
export type YamlSource =
  | { readonly ok: true; readonly value: unknown; readonly locate: (problem: SourceProblem) => CatalogProblem }
  | { readonly ok: false; readonly problems: readonly CatalogProblem[] };

export function readYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  try {
    // At a lower level, the library emits process warnings.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      version: '1.2',
    });
    const faults = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS);
    if (faults.length > 0) {
      return {
        ok: false,
        problems: faults.map(({ pos, message }) => problemAt(lines, file, pos[0], '', message)),
      };
    }
    const locate = ({ path, message }: SourceProblem) =>
      problemAt(lines, file, offsetOf(document, path), pathText(path), message);
    return { ok: true, value: document.toJS(), locate };
  } catch (error) {
    // Excessive nesting or aliases exceed the limits of the parser, which throws.
    return {
      ok: false,
      problems: [{ file, line: 1, column: 1, path: '', message: `cannot be read: ${String(error)}` }],
    };
  }
}

function problemAt(lines: LineCounter, file: string, offset: number, path: string, message: string): CatalogProblem {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col), path, message };
}

/** The offset of the node at a path, or of its nearest existing parent. */
function offsetOf(document: Document, path: readonly PathKey[]): number {
  let node = resolved(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    const step = child(node, key);
    if (step === undefined) return offset;
    node = resolved(document, step.value);
    offset = step.offset ?? node?.range?.[0] ?? offset;
  }
  return offset;
}

/** For an entry of a mapping, the offset is that of its key. */
function child(node: Node | null, key: PathKey): { value: unknown; offset?: number | undefined } | undefined {
  if (isSeq(node)) return typeof key === 'number' && key in node.items ? { value: node.items[key] } : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair && { value: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined };
}

function resolved(document: Document, value: unknown): Node | null {
  const node = isAlias(value) ? value.resolve(document) : value;
  return (node as Node | null | undefined) ?? null;
}

function pathText(path: readonly PathKey[]): string {
  return path.map((key, depth) => (typeof key === 'number' ? `[${key}]` : depth === 0 ? key : `.${key}`)).join('');
}
