/**
 * The first member that occurs twice in an object, if there is one. `JSON.parse` takes the last one, other parsers the first: the
 * same text could mean two amounts. `json` must be valid.
 */
export function repeatedMember(json: string): string | undefined {
  // The names of each open object, the innermost last.
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

/** The end of the text that begins at `from`: the first quotation mark after an even number of backslashes. */
function endOfText(json: string, from: number): number {
  for (let end = json.indexOf('"', from + 1); ; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json[first - 1] === '\\') first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
}

/** Whether a colon follows, after white space. */
function isName(json: string, from: number): boolean {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at += 1;
  return json[at] === ':';
}
