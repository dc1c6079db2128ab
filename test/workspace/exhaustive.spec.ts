import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const DOMAIN = 'libs/domain/ledger/src';
const CONTRACTS = 'libs/contracts/ledger/src';
const CREDIT_LEDGER = 'libs/services/credit-ledger/src';
/** The folders that decide what an event, a refusal or a call is. */
const ROOMS = [DOMAIN, CONTRACTS, CREDIT_LEDGER].map((folder) => join(ROOT, folder));
/** Ambient declarations that no file imports. */
const AMBIENT = 'libs/contracts/http/src/class-transformer-storage.d.ts';

interface Plant {
  readonly file: string;
  readonly after: string;
  readonly text: string;
}

// The first change of a developer for each. The planted parts have nothing to do with each other, so that one program shows all errors.
const PLANTS: readonly Plant[] = [
  { file: 'libs/domain/ledger/src/commands.ts', after: 'export type RefusalCode =', text: "| 'code_planted'" },
  {
    file: 'libs/contracts/ledger/src/refusals.ts',
    after: 'export type LedgerRefusalCode =',
    text: "| 'row_planted'",
  },
  {
    file: 'libs/domain/ledger/src/events.ts',
    after: 'interface Facts {',
    text: 'EventPlanted: { readonly note: string }; MovementPlanted: { readonly jobId: string; readonly credits: number };',
  },
  {
    file: 'libs/domain/ledger/src/events.ts',
    after: 'export const EVENT_EFFECTS = {',
    text: "MovementPlanted: { movement: 'grant', job: 'starts' },",
  },
  {
    file: 'libs/contracts/ledger/src/ledger-calls.ts',
    after: 'export const LEDGER_CALLS = {',
    text: "planted: call<string, string>({ path: '/internal/planted', body: RetentionCallDto }),",
  },
];

function planted(file: string, text: string): string {
  return PLANTS.filter((plant) => plant.file === file).reduce((changed, { after, text: added }) => {
    const at = changed.indexOf(after);
    if (at < 0) throw new Error(`${file} has no "${after}" any more: plant it elsewhere.`);
    return changed.slice(0, at + after.length) + ' ' + added + changed.slice(at + after.length);
  }, text);
}

/** A host that reads the files of the repository, those with a plant changed. */
function plantingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  host.readFile = (path) => {
    const text = readFile(path);
    return text === undefined ? undefined : planted(relative(ROOT, path), text);
  };
  return host;
}

/** The name of the outermost declaration around a position. */
function declarationAt(source: ts.SourceFile, position: number): string {
  const statement = source.statements.find((it) => it.getStart(source) <= position && position < it.end);
  if (statement && ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]!.name.getText();
  const name = statement && ts.isDeclarationStatement(statement) ? statement.name : undefined;
  return name?.getText() ?? '';
}

/** `file: declaration` of each place that does not compile. */
function placesWithErrors(): readonly string[] {
  const config = { extends: join(ROOT, 'tsconfig.base.json'), files: [`${CREDIT_LEDGER}/index.ts`, AMBIENT] };
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram(fileNames, options, plantingHost(options));
  const own = program.getSourceFiles().filter(({ fileName }) => ROOMS.some((room) => fileName.startsWith(room)));
  const places = own.flatMap((source) =>
    program
      .getSemanticDiagnostics(source)
      .map(({ start = 0 }) => `${relative(ROOT, source.fileName)}: ${declarationAt(source, start)}`),
  );
  return [...new Set(places)];
}

let places: readonly string[];
beforeAll(() => void (places = placesWithErrors()), 120_000);

describe('does not compile until it is decided', () => {
  test.each([
    [
      'the contract of a refusal code of the domain, in synchronous answers',
      `${CREDIT_LEDGER}/commands/ledger-mapping.ts`,
    ],
    ['in answers of operations', `${CREDIT_LEDGER}/commands/administration.service.ts`],
    ['in previews', `${CREDIT_LEDGER}/reading/preview.service.ts`],
    ['in decision messages', `${CREDIT_LEDGER}/lifecycle/decision-messages.ts`],
    ['in records of refusals', `${CREDIT_LEDGER}/lifecycle/lifecycle.service.ts`],
    ['the status and title of a refusal code', `${CONTRACTS}/refusals.ts: REFUSALS`],
    ['the effects of an event type', `${DOMAIN}/events.ts: EVENT_EFFECTS`],
    ['its members', `${DOMAIN}/well-formed.ts: EVENT_SHAPES`],
    ['its effect on the state', `${DOMAIN}/state/evolve.ts: evolve`],
    ['its published form', `${CREDIT_LEDGER}/published-events.ts: FORMS`],
    ['the movement of a moving event, in the balance', `${DOMAIN}/state/balance.ts: eachMove`],
    ['in the view of jobs', `${DOMAIN}/views/jobs.ts: foldJob`],
    ['in the view of usage', `${DOMAIN}/views/usage.ts: usage`],
    ['in the audit', `${DOMAIN}/audit.ts: drawsOf`],
    ['the method of a call to the ledger', `${CREDIT_LEDGER}/commands/local-ledger.ts: LocalLedger`],
    ['its implementation by the module', `${CREDIT_LEDGER}/credit-ledger.module.ts: CreditLedgerModule`],
  ])('%s', (_, place) => {
    expect(places).toContainEqual(place.includes(': ') ? place : expect.stringContaining(`${place}: `));
  });
});
