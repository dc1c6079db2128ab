import { listFiles, readAll, Texts } from './support/files';

const UNITS =
  'second|minute|hour|day|week|month|year|job|event|request|message|call|record|row|batch|route|file|test|process|organization|key|topic|partition|page|connection|line|commit|stream|write|transaction';
const COUNTED =
  String.raw`\d[\d.,]*[kM]?|one|ten|many|once|twice|times|jobs|events|requests|messages|commands|credits|rows|seeds|` +
  'bytes|[kM]i?B|bits|milliseconds|microseconds|seconds|hashes|transfers|calls|partitions|transaction|object|row|function|heartbeat|folder|connection';

/** Words that the documentation of comparable projects does not use, each with what to write. Matched in any case. */
const DIALECT: readonly (readonly [instead: string, pattern: string])[] = [
  ['say, show, report, send, distinguish', 'told|tells?|telling|untold|foretold|foretells?'],
  ['no caller, no process, no one; "not" and a verb', 'nobody'],
  ['name the reader: the caller, an operator, a process', 'somebody|whom|whoever|whomever|who ever'],
  ['any, all, regardless of; or leave it out', 'whatever|whichever'],
  ['release, free, drop', 'lets? go|letting go'],
  ['forever, permanently', 'for ever'],
  ['expensive, slow', 'dear|dearer|dearest|dearly'],
  ['also, in addition to, except', 'besides'],
  ['repair, fix', 'mend|mends|mended|mending'],
  ['started, open, in progress', 'begun'],
  ['are kept longer than', 'outstays?|outstayed'],
  ['already exists', '(?:is|are|was|were|be|been|not) there already'],
  ['retry, return', 'comes? again|came again'],
  ['certainly', 'beyond doubt'],
  ['again, from the start', 'anew'],
  ['in the meantime, at the same time, until then', 'meanwhile'],
  ['is, is stored, is located', 'lies?'],
  ['is, is written', 'stands(?! for)'],
  ['uses, depends on, is ordered by', 'go by|goes by'],
  ['such; of the organization, of the process', 'its like|of theirs|of ours'],
  ['receives, learns, notices', '(?:hear|hears|heard) of'],
  ['a refusal, an error', '(?:a|the) no(?![-.\\w])|(?:a|the) [\'"“]no[\'"”]'],
  ['a message, a comment', "(?:a|the last|[’']s) word(?!\\w)|without words"],
  ['per', `(?:${COUNTED}) an? (?:${UNITS})|(?:reads|writes|records) a (?:second|minute|hour|day)`],
];
/** A comment or a row that opens with a clause for a noun: say what the thing is. A question may. */
const CLAUSE = /(?:\/\*\*?|\/\/|^ +\*|^ *#|^\|) (?:What|Whose|Who) [^\n?]*$/gm;

/** Names that cannot change: an event type of stored logs, and a user of the operating system. */
const FIXED_NAMES = /\bEpochBegun\b|\['postgres', 'nobody'\]/g;

const LIMIT = 0.2 / 1000;

// A phrase may go on in the next line of a comment.
const PATTERNS = DIALECT.map(([instead, pattern]) => ({
  instead,
  pattern: new RegExp(String.raw`(?<![\w-])(?:${pattern.replaceAll(' ', String.raw`[\s*/#]+`)})(?![\w-])`, 'gi'),
}));
/** `letGo` as two words. Lines stay. */
const split = (text: string): string => text.replaceAll(/([a-z])(?=[A-Z])/g, '$1 ');

/** `file:line: words → what to write` for each place. */
function findDialect(texts: Texts): string[] {
  return Object.entries(texts).flatMap(([file, text]) => {
    const plain = split(text.replaceAll(FIXED_NAMES, ''));
    const lineOf = (at: number): number => plain.slice(0, at).split('\n').length;
    const words = PATTERNS.flatMap(({ instead, pattern }) =>
      [...plain.matchAll(pattern)].map(({ 0: it, index }) => ({ index, it: it.replaceAll(/\s+/g, ' '), instead })),
    );
    const clauses = [...plain.matchAll(CLAUSE)].map(({ 0: it, index }) => ({
      index,
      it: it.trim().slice(0, 40),
      instead: 'say what it is: a noun',
    }));
    return [...words, ...clauses]
      .sort((one, other) => one.index - other.index)
      .map(({ index, it, instead }) => `${file}:${lineOf(index)}: ${it} → ${instead}`);
  });
}

const countLines = (texts: Texts): number =>
  Object.values(texts).reduce((sum, text) => sum + text.split('\n').length, 0);

/** What is found, unless that is little enough for so much text. */
function tooMuchDialect(texts: Texts): string[] {
  const found = findDialect(texts);
  return found.length < LIMIT * countLines(texts) ? [] : found;
}

const WRITTEN = /(\.(ts|tsx|cjs|mjs|md|ya?ml|conf|txt|tpl)|Dockerfile|\.ci\/run|values\.schema\.json)$/;
// Vendors' words, stored data, and this list.
const NOT_OURS =
  /^(catalogs\/|libs\/domain\/ledger\/golden\/|test\/data-directories\/.*\/|test\/workspace\/words\.spec)/;

test('texts and names are plain technical English', () => {
  const files = listFiles().filter((file) => WRITTEN.test(file) && !NOT_OURS.test(file));
  expect(files.length).toBeGreaterThan(500);
  expect(tooMuchDialect(readAll(files))).toEqual([]);
});

describe('dialect is found', () => {
  test.each([
    ['in a comment', '/** Nobody waits. */', 'Nobody'],
    ['in a string', "throw new Error('is there already')", 'is there already'],
    ['in a name', 'const letGo = 1;', 'let Go'],
    ['over two lines of a comment', '/**\n * told to come\n * again\n */', 'come * again'],
    ['in a document', 'Whatever comes: once a day.', 'once a day'],
    ['as a clause for a noun', '  /** What is left. */', '/** What is left. */'],
  ])('%s', (_, text, words) => {
    expect(findDialect({ 'planted.ts': text }).join('\n')).toContain(`: ${words} → `);
  });

  test('with its file and line', () => {
    expect(findDialect({ 'a.md': 'one\ntwo', 'b.md': 'three\nis dear' })).toEqual(['b.md:2: dear → expensive, slow']);
  });

  test('and reported from one in 5,000 lines', () => {
    const text = (lines: number) => ({ 'a.md': 'plain\n'.repeat(lines) + 'nobody' });
    expect(tooMuchDialect(text(4_999))).toHaveLength(1);
    expect(tooMuchDialect(text(5_000))).toEqual([]);
  });
});

test.each([
  [
    'standard terms',
    'The reply stands for a stand-in; a no-op runs forever. Words of a wordlist; a day, a job, a key.',
  ],
  ['public names and codes', 'organization_stopped still_stopped parked-organizations `tally parked` --no-wait'],
  ['fixed names', "type: 'EpochBegun' ['postgres', 'nobody']"],
  ['questions', '/** What does it cost? */'],
])('%s are not dialect', (_, text) => expect(findDialect({ 'a.ts': text })).toEqual([]));
