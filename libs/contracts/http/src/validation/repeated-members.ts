/**
 * The first member that an object in `json` names twice, if any does. `JSON.parse` takes the last one silently, other
 * parsers the first, so that one text could mean two amounts. `json` has to be valid.
 */
export function repeatedMember(json: string): string | undefined {
  // The names so far of each object that is open, the innermost last.
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    else if (character === '"') {
      const end = endOfText(json, at);
      if (isName(json, end + 1)) {
        const name = JSON.parse(json.slice(at, end + 1)) as string;
        const names = open[open.length - 1]!;
        if (names.has(name)) return name;
        names.add(name);
      }
      at = end;
    }
  }
  return undefined;
}

/** Where the text ends that begins at `from`: at its first quotation mark behind an even number of backslashes. */
function endOfText(json: string, from: number): number {
  for (let end = json.indexOf('"', from + 1); ; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json[first - 1] === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
}

/** Whether a colon follows, behind white space. */
function isName(json: string, from: number): boolean {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at += 1;
  return json[at] === ':';
}
