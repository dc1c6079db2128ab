import { invalidInput } from '../problems';

/** The value of a member with two names. Throws Problem 422 where both are given. */
export function oneName<Given, Name extends keyof Given & string, Former extends keyof Given & string>(
  given: Given,
  name: Name,
  former: Former,
): Given[Name] | Given[Former] {
  // (null is a value: it removes a setting)
  if (given[name] === undefined) return given[former];
  if (given[former] === undefined) return given[name];
  throw invalidInput([{ field: former, rule: 'alone', message: `Give ${name} alone: ${former} is the same.` }]);
}
