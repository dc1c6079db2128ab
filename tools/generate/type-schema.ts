import ts from 'typescript';

export type Schema = Readonly<Record<string, unknown>>;

/** JSON schemas of plain data types, from their TypeScript declarations: what is sent can then never differ from what is documented. */
export class TypeSchemas {
  private readonly program: ts.Program;
  private readonly checker: ts.TypeChecker;

  constructor(root: string, files: readonly string[]) {
    const read = ts.readConfigFile(`${root}/tsconfig.base.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
    this.program = ts.createProgram({
      rootNames: files.map((file) => `${root}/${file}`),
      options: { ...options, types: ['node'] },
    });
    this.checker = this.program.getTypeChecker();
  }

  /** Of an exported type alias or interface; `members` of a union are found by their `type`. */
  of(file: string, name: string): Schema {
    return this.schema(this.exported(file, name));
  }

  membersOf(file: string, name: string, tag: string): Readonly<Record<string, Schema>> {
    const union = this.exported(file, name);
    const members = union.isUnion() ? union.types : [union];
    return Object.fromEntries(members.map((member) => [this.tagOf(member, tag), this.schema(member)]));
  }

  private tagOf(type: ts.Type, tag: string): string {
    const tagged = this.checker.getTypeOfSymbol(this.checker.getPropertyOfType(type, tag)!);
    return String((tagged as ts.StringLiteralType).value);
  }

  private exported(file: string, name: string): ts.Type {
    const source = this.program.getSourceFiles().find(({ fileName }) => fileName.endsWith(`/${file}`));
    const module = source && this.checker.getSymbolAtLocation(source);
    const symbol = module && this.checker.getExportsOfModule(module).find((it) => it.name === name);
    if (symbol === undefined) throw new Error(`${file} exports no type ${name}.`);
    return this.checker.getDeclaredTypeOfSymbol(symbol);
  }

  private schema(type: ts.Type): Schema {
    const { TypeFlags } = ts;
    if (type.flags & TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.isUnion()) return this.union(type.types.filter(({ flags }) => !(flags & TypeFlags.Undefined)));
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & TypeFlags.StringLike) return { type: 'string' };
    // Every number that is sent is a whole one: credits, revisions, days.
    if (type.flags & TypeFlags.NumberLike) return { type: 'integer' };
    if (type.flags & TypeFlags.Null) return { type: 'null' };
    if (type.flags & (TypeFlags.Any | TypeFlags.Unknown)) return {};
    if (this.checker.isArrayLikeType(type))
      return {
        type: 'array',
        items: this.schema(this.checker.getTypeArguments(type as ts.TypeReference)[0]!),
      };
    return this.object(type);
  }

  private union(types: readonly ts.Type[]): Schema {
    if (types.every((it) => it.isStringLiteral())) return { type: 'string', enum: types.map((it) => it.value) };
    if (types.every(({ flags }) => flags & ts.TypeFlags.BooleanLike)) return { type: 'boolean' };
    const schemas = types.map((it) => this.schema(it));
    return schemas.length === 1 ? schemas[0]! : { anyOf: schemas };
  }

  private object(type: ts.Type): Schema {
    const values = this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (values) return { type: 'object', additionalProperties: this.schema(values) };
    const properties = this.checker.getPropertiesOfType(type);
    const required = properties.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(properties.map((it) => [it.name, this.member(it)])),
      ...(required.length > 0 && { required }),
    };
  }

  private member(symbol: ts.Symbol): Schema {
    const said = ts.displayPartsToString(symbol.getDocumentationComment(this.checker));
    const described = said === '' ? {} : { description: said };
    const declared = symbol.valueDeclaration;
    // The alias of a text does not survive in its type.
    const isTime = declared && ts.isPropertySignature(declared) && declared.type?.getText() === 'Instant';
    if (isTime) return { type: 'string', format: 'date-time', ...described };
    return { ...this.schema(this.checker.getTypeOfSymbol(symbol)), ...described };
  }
}
