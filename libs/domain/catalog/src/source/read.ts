import { didYouMean } from '@tallystick/domain/kernel';

export type PathKey = string | number;

/** A problem at a path in the file. Its line and column are determined later. */
export interface SourceProblem {
  readonly path: readonly PathKey[];
  readonly message: string;
}

/** The path of the value that is being read. Collects problems. */
export class SourcePath {
  constructor(
    private readonly problems: SourceProblem[],
    readonly path: readonly PathKey[] = [],
  ) {}

  at(...keys: readonly PathKey[]): SourcePath {
    return new SourcePath(this.problems, [...this.path, ...keys]);
  }

  refuse(message: string): undefined {
    this.problems.push({ path: this.path, message });
    return undefined;
  }

  get problemCount(): number {
    return this.problems.length;
  }
}

/** Reads a value. Returns undefined after reporting a problem. */
export type FieldReader<T> = (value: unknown, place: SourcePath) => T | undefined;

export interface FieldRule<T, Optional extends boolean> {
  readonly read: FieldReader<T>;
  readonly isOptional: Optional;
  readonly fallback?: T;
}

export type ObjectShape = Readonly<Record<string, FieldRule<unknown, boolean>>>;
type OptionalKeys<S extends ObjectShape> = { [K in keyof S]: S[K]['isOptional'] extends true ? K : never }[keyof S];
type FieldValue<R> = R extends FieldRule<infer T, boolean> ? T : never;
export type ObjectValue<S extends ObjectShape> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: FieldValue<S[K]>;
} & {
  readonly [K in OptionalKeys<S>]?: FieldValue<S[K]>;
};

export const required = <T>(read: FieldReader<T>): FieldRule<T, false> => ({ read, isOptional: false });
export const optional = <T>(read: FieldReader<T>): FieldRule<T, true> => ({ read, isOptional: true });
export const withDefault = <T>(read: FieldReader<T>, fallback: T): FieldRule<T, false> => ({
  read,
  isOptional: false,
  fallback,
});

/** A mapping with exactly these keys. Undefined if one of them has a problem. */
export function object<S extends ObjectShape>(shape: S): FieldReader<ObjectValue<S>> {
  return (value, place) => {
    const before = place.problemCount;
    const result = fields(shape, value, place);
    return place.problemCount === before ? (result as ObjectValue<S>) : undefined;
  };
}

/** The values of all keys without problems. */
export function fields<S extends ObjectShape>(shape: S, value: unknown, place: SourcePath): Partial<ObjectValue<S>> {
  if (!isMapping(value)) return place.refuse('must be a mapping of keys to values') ?? {};
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(shape, key)) place.at(key).refuse(unknownKey(key, Object.keys(shape)));
  }
  const entries = Object.entries(shape).map(([key, rule]) => [key, field(rule, value[key], place.at(key))] as const);
  return Object.fromEntries(entries.filter(([, read]) => read !== undefined)) as Partial<ObjectValue<S>>;
}

function field(rule: FieldRule<unknown, boolean>, value: unknown, place: SourcePath): unknown {
  if (value === null) return place.refuse('is empty: give a value, or leave the key out');
  if (value !== undefined) return rule.read(value, place);
  if (rule.fallback !== undefined) return rule.fallback;
  return rule.isOptional ? undefined : place.refuse('is missing');
}

export function listOf<T>(read: FieldReader<T>, minimum = 0): FieldReader<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return place.refuse('must be a list');
    if (value.length < minimum) return place.refuse(`must have at least ${minimum} in its list`);
    const before = place.problemCount;
    const items = value.map((item: unknown, index) => read(item, place.at(index)));
    return place.problemCount === before ? (items as readonly T[]) : undefined;
  };
}

/** A list of mappings with unique `id`s. */
export function listById<T extends { readonly id: string }>(
  read: FieldReader<T>,
  minimum = 0,
): FieldReader<readonly T[]> {
  const readList = listOf(read, minimum);
  return (value, place) => {
    const items: unknown[] = Array.isArray(value) ? value : [];
    const ids = items.map((item) => (isMapping(item) ? item['id'] : undefined));
    refuseRepeats(ids, place, 'id');
    return readList(value, place);
  };
}

/** Reports each name or number that equals an earlier one. */
export function refuseRepeats(values: readonly unknown[], place: SourcePath, ...within: readonly PathKey[]): void {
  const seen = new Map<unknown, number>();
  values.forEach((value, index) => {
    if (typeof value !== 'string' && typeof value !== 'number') return;
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else place.at(index, ...within).refuse(`repeats ${value}, which is number ${first + 1} of the list`);
  });
}

export function mapOf<T>(
  readKey: FieldReader<string>,
  read: (key: string) => FieldReader<T>,
): FieldReader<ReadonlyMap<string, T>> {
  return (value, place) => {
    if (!isMapping(value)) return place.refuse('must be a mapping of keys to values');
    const before = place.problemCount;
    const entries = Object.entries(value).map(([key, item]) => {
      readKey(key, place.at(key));
      return [key, field(required(read(key)), item, place.at(key)) as T | undefined] as const;
    });
    const isRead = (entry: readonly [string, T | undefined]): entry is readonly [string, T] => entry[1] !== undefined;
    return place.problemCount === before ? new Map(entries.filter(isRead)) : undefined;
  };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function unknownKey(key: string, known: readonly string[]): string {
  return `is not known here${didYouMean(key, known)} (known: ${known.join(', ')})`;
}
