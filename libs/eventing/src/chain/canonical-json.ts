/** Characters that JSON escapes. Half a surrogate pair counts as one: RFC 8785 has no form for it, ECMAScript writes `\udxxx`. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * The RFC 8785 (JCS) form of what `JSON.parse(JSON.stringify(value))` gives; undefined where that is nothing.
 * Written here because it is needed for every event before it is stored, and the library takes four times as long
 * (`docs/decisions/0021-own-canonical-json.md`). The spec holds it against the library and the vectors of the RFC.
 */
export function canonicalJson(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? ofArray(value) : ofObject(value);
    case 'bigint':
      throw new TypeError('JSON has no form for a bigint.');
    default:
      return undefined;
  }
}

const quoted = (text: string): string => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);

function ofArray(items: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < items.length; i++) text += (i > 0 ? ',' : '') + (canonicalJson(items[i]) ?? 'null');
  return `${text}]`;
}

function ofObject(value: object & { toJSON?: unknown }): string | undefined {
  if (typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  const { sorted, labels } = shapeOf(Object.keys(value));
  let text = '';
  for (let i = 0; i < sorted.length; i++) {
    const member = canonicalJson(value[sorted[i] as keyof typeof value]);
    if (member !== undefined) text += (text === '' ? '' : ',') + labels[i] + member;
  }
  return `{${text}}`;
}

/** The names of an object's members, as they come and by UTF-16 code units, and these as they are written. */
interface KeyOrder {
  readonly names: readonly string[];
  readonly sorted: readonly string[];
  readonly labels: readonly string[];
}
/** By the first name. Events have few shapes, and to compare names costs less than to sort them. */
const shapes = new Map<string, KeyOrder[]>();
const MOST_NAMES = 64;
const MOST_SHAPES = 1_000;
const MOST_ALIKE = 16;

function shapeOf(names: readonly string[]): KeyOrder {
  if (names.length === 0 || names.length > MOST_NAMES) return newShape(names);
  const alike = shapes.get(names[0]!);
  const known = alike?.find((shape) => isSame(shape.names, names));
  if (known) return known;
  const shape = newShape(names);
  if (alike && alike.length < MOST_ALIKE) alike.push(shape);
  else {
    // Names can be data, of which there is no end.
    if (shapes.size >= MOST_SHAPES) shapes.clear();
    shapes.set(names[0]!, [shape]);
  }
  return shape;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function newShape(names: readonly string[]): KeyOrder {
  const sorted = [...names].sort();
  return { names, sorted, labels: sorted.map((name) => `${quoted(name)}:`) };
}
