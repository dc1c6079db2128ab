import { invalidInput } from '@tallystick/contracts/http';

const COLUMNS = { operation: 'operation', project: 'projectId', apiKey: 'apiKeyId', day: 'day' } as const;

/** `groupBy=day,operation` as members of the answer and columns of the view, in the requested order. */
export function groupsOf(groupBy: string | undefined): readonly { member: string; column: string }[] {
  const names = (groupBy ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  const unknown = names.find((name) => !Object.hasOwn(COLUMNS, name));
  if (unknown !== undefined) {
    const message = `Give a list of: ${Object.keys(COLUMNS).join(', ')}.`;
    throw invalidInput([{ field: 'groupBy', rule: 'oneOf', message }]);
  }
  return [...new Set(names)].map((name) => {
    const column = COLUMNS[name as keyof typeof COLUMNS];
    return { member: column, column };
  });
}
