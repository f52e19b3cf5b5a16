import type { AnyNode, Function as FunctionNode, Pattern, Program } from "acorn";

/** Names that a node declares for what is inside it. */
export type Scope = Set<string>;

type Body = AnyNode[];

function patternNames(pattern: Pattern | null | undefined, names: Scope): void {
  switch (pattern?.type) {
    case "Identifier":
      names.add(pattern.name);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        patternNames(property.type === "RestElement" ? property.argument : property.value, names);
      }
      break;
    case "ArrayPattern":
      pattern.elements.forEach((element) => patternNames(element, names));
      break;
    case "RestElement":
      patternNames(pattern.argument, names);
      break;
    case "AssignmentPattern":
      patternNames(pattern.left, names);
      break;
    default:
  }
}

/** `let`, `const`, `using`, classes and functions that stand directly in a block. */
function lexicalNames(body: Body, names: Scope): void {
  for (const node of body) {
    if (node.type === "VariableDeclaration" && node.kind !== "var") {
      node.declarations.forEach((declaration) => patternNames(declaration.id, names));
    } else if ((node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") && node.id) {
      names.add(node.id.name);
    }
  }
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression", "StaticBlock"]);

/** The child nodes of a node, in the order of the source. */
export function children(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  for (const key of Object.keys(node) as Array<keyof AnyNode>) {
    const value: unknown = node[key];
    if (Array.isArray(value)) {
      for (const item of value) {
        if (item !== null && typeof item === "object" && "type" in item) {
          found.push(item as AnyNode);
        }
      }
    } else if (value !== null && typeof value === "object" && "type" in value) {
      found.push(value as AnyNode);
    }
  }
  return found;
}

/** `var` declarations anywhere in a function's body, nested functions excluded. */
function varNames(node: AnyNode, names: Scope): void {
  if (node.type === "VariableDeclaration" && node.kind === "var") {
    node.declarations.forEach((declaration) => patternNames(declaration.id, names));
  }
  for (const child of children(node)) {
    if (!FUNCTIONS.has(child.type)) {
      varNames(child, names);
    }
  }
}

function functionScope(node: FunctionNode): Scope {
  const names: Scope = new Set();
  node.params.forEach((param) => patternNames(param, names));
  if (node.type === "FunctionExpression" && node.id) {
    names.add(node.id.name);
  }
  if (node.type !== "ArrowFunctionExpression") {
    names.add("arguments");
  }
  return names;
}

function loopScope(declaration: AnyNode | null | undefined): Scope {
  const names: Scope = new Set();
  if (declaration) {
    lexicalNames([declaration], names);
  }
  return names;
}

/** What `node` declares for its inside; `parent` tells whether a block is the body of a function. */
export function scopeOf(node: AnyNode, parent: AnyNode | undefined): Scope | undefined {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return functionScope(node);
    case "BlockStatement":
    case "StaticBlock": {
      const names: Scope = new Set();
      lexicalNames(node.body, names);
      if (node.type === "StaticBlock" || (parent !== undefined && FUNCTIONS.has(parent.type))) {
        node.body.forEach((statement) => varNames(statement, names));
      }
      return names;
    }
    case "ForStatement":
      return loopScope(node.init);
    case "ForInStatement":
    case "ForOfStatement":
      return loopScope(node.left);
    case "SwitchStatement": {
      const names: Scope = new Set();
      node.cases.forEach((clause) => lexicalNames(clause.consequent, names));
      return names;
    }
    case "CatchClause": {
      const names: Scope = new Set();
      patternNames(node.param, names);
      return names;
    }
    case "ClassExpression":
      return node.id ? new Set([node.id.name]) : undefined;
    default:
      return undefined;
  }
}

/** What a module declares at its top. */
export function moduleScope(program: Program): Scope {
  const names: Scope = new Set();
  for (const statement of program.body) {
    const node = statement.type === "ExportNamedDeclaration" && statement.declaration ? statement.declaration : statement;
    lexicalNames([node as AnyNode], names);
    varNames(node as AnyNode, names);
  }
  return names;
}

/** The names that one declaration at the top of a module introduces. */
export function declaredNames(node: AnyNode): string[] {
  const names: Scope = new Set();
  lexicalNames([node], names);
  if (node.type === "VariableDeclaration") {
    node.declarations.forEach((declaration) => patternNames(declaration.id, names));
  }
  return [...names];
}
