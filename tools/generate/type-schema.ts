import { resolve } from 'node:path';
import ts from 'typescript';

export type Schema = Readonly<Record<string, unknown>>;

export interface TypeSchemasOptions {
  /** Types that are declared below this folder get a schema in `components`; others refer to it. All are inline by default. */
  readonly named?: string;
}

/** JSON schemas of plain data types, from their TypeScript declarations: documentation cannot differ from the type that is sent. */
export class TypeSchemas {
  /** Schemas by the name of their type. */
  readonly components: Record<string, Schema> = {};
  private readonly program: ts.Program;
  private readonly checker: ts.TypeChecker;

  constructor(
    private readonly root: string,
    files: readonly string[],
    private readonly options: TypeSchemasOptions = {},
  ) {
    const read = ts.readConfigFile(`${root}/tsconfig.base.json`, ts.sys.readFile);
    const { options: compilerOptions } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
    this.program = ts.createProgram({
      rootNames: files.map((file) => resolve(root, file)),
      options: { ...compilerOptions, types: ['node'] },
    });
    this.checker = this.program.getTypeChecker();
  }

  /** The schema of what the handler of an operation returns, or its promise resolves to; undefined without a declared return type. */
  ofOperation(operationId: string): Schema | undefined {
    const method = this.handlerOf(operationId);
    if (method?.type === undefined) return undefined;
    const returned = this.checker.getTypeFromTypeNode(method.type);
    return this.schema(this.checker.getAwaitedType(returned) ?? returned);
  }

  /** The method that declares the id in its decorators; otherwise the id names controller and method. */
  private handlerOf(operationId: string): ts.MethodDeclaration | undefined {
    const [controller, method] = operationId.split('_');
    const sources = this.program.getSourceFiles().filter(({ isDeclarationFile }) => !isDeclarationFile);
    const classes = sources.flatMap(({ statements }) => statements.filter(ts.isClassDeclaration));
    const methodsOf = ({ members }: ts.ClassDeclaration) => members.filter(ts.isMethodDeclaration);
    const declares = (it: ts.MethodDeclaration) =>
      ts.getDecorators(it)?.some((decorator) => decorator.getText().includes(`operationId: '${operationId}'`));
    const named = classes.find(({ name }) => name?.text === `${controller}Controller`);
    return (
      classes.flatMap(methodsOf).find(declares) ??
      (named && methodsOf(named).find(({ name }) => name.getText() === method))
    );
  }

  /** The schema of an exported type alias or interface. */
  of(file: string, name: string): Schema {
    return this.schema(this.exported(file, name));
  }

  /** The schemas of the members of a union, by the value of their member `tag`. */
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
    const name = this.nameOf(type);
    if (name === undefined) return this.inline(type);
    if (!(name in this.components)) {
      this.components[name] = {};
      const described = describedBy(type.aliasSymbol ?? type.symbol, this.checker);
      this.components[name] = { ...this.inline(type), ...described };
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The name of a type that is declared below the folder `named`, unless it has type arguments. */
  private nameOf(type: ts.Type): string | undefined {
    const { named } = this.options;
    const symbol = type.aliasSymbol ?? type.symbol;
    const [declaration] = symbol?.declarations ?? [];
    if (named === undefined || declaration === undefined || symbol.name.startsWith('__')) return undefined;
    const isBelow = declaration.getSourceFile().fileName.startsWith(`${resolve(this.root, named)}/`);
    const isGeneric = (type.aliasTypeArguments ?? (type as ts.TypeReference).typeArguments ?? []).length > 0;
    const isEnum = type.isUnion() && type.types.every((it) => it.isStringLiteral());
    return isBelow && !isGeneric && !isEnum ? symbol.name : undefined;
  }

  private inline(type: ts.Type): Schema {
    const { TypeFlags } = ts;
    if (type.flags & TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.isUnion()) return this.union(type.types.filter(({ flags }) => !(flags & TypeFlags.Undefined)));
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & TypeFlags.StringLike) return { type: 'string' };
    // All numbers that are sent are whole: credits, revisions, days.
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
    const others = values && { additionalProperties: this.schema(values) };
    const properties = this.checker.getPropertiesOfType(type);
    const required = properties.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name);
    if (others && properties.length === 0) return { type: 'object', ...others };
    return {
      type: 'object',
      ...others,
      properties: Object.fromEntries(properties.map((it) => [it.name, this.member(it)])),
      ...(required.length > 0 && { required }),
    };
  }

  private member(symbol: ts.Symbol): Schema {
    const described = describedBy(symbol, this.checker);
    const declared = symbol.valueDeclaration;
    // (the type of the member does not have the alias any more)
    const isTime = declared && ts.isPropertySignature(declared) && declared.type?.getText() === 'Instant';
    if (isTime) return { type: 'string', format: 'date-time', ...described };
    return { ...this.schema(this.checker.getTypeOfSymbol(symbol)), ...described };
  }
}

function describedBy(symbol: ts.Symbol, checker: ts.TypeChecker): Schema {
  const description = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  return description === '' ? {} : { description };
}
