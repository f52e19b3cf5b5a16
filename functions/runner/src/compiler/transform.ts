/*
 * Turns an ES module into a script whose value is a function of the loader's parameters:
 *
 *     import { a as b } from "./x.js"; export const c = b(1);
 *     (function($load, $define, $reexport, $dynamicImport, $meta) {"use strict"; $define({"c": () => c}); const $1 = $load("./x.js"); const c = (0, $1.a)(1);
 *     })
 *
 * Imports stay live bindings: each reference becomes a property of the imported namespace. Every edit keeps the number of lines, and
 * on a line only shifts columns, so that source maps are chained by adding to columns.
 */
import { type AnyNode, type Expression, type ImportDeclaration, type Program, parse } from "acorn";
import { Edits } from "./edits.js";
import { children, declaredNames, scopeOf, type Scope } from "./scopes.js";

const PREFIX = "__freshet_";
const PARAMETERS = ["load", "define", "reexport", "import", "meta"].map((name) => PREFIX + name).join(", ");

export class TopLevelAwait extends Error {
  constructor() {
    super("Top-level awaits in source files are unsupported");
  }
}

interface Frame {
  node: AnyNode;
  scope: Scope | undefined;
}

class Transformer {
  private readonly edits: Edits;
  /** Local name → expression that reads the imported binding. */
  private readonly imported = new Map<string, string>();
  private readonly namespaces = new Map<string, string>();
  private readonly loads: string[] = [];
  private readonly exports: Array<[string, string]> = [];
  private readonly frames: Frame[] = [];

  constructor(
    private readonly source: string,
    private readonly program: Program,
  ) {
    this.edits = new Edits(source);
  }

  run(): Edits {
    if (this.source.startsWith("#!")) {
      this.edits.blank(0, this.source.indexOf("\n") < 0 ? this.source.length : this.source.indexOf("\n"));
    }
    for (const node of this.program.body) {
      if (node.type === "ImportDeclaration") {
        this.importDeclaration(node);
      }
    }
    for (const node of this.program.body) {
      this.exportDeclaration(node as AnyNode);
    }
    this.visit(this.program);
    const entries = this.exports.map(([name, expression]) => `${JSON.stringify(name)}: () => ${expression}`);
    const define = entries.length === 0 ? "" : ` ${PREFIX}define({${entries.join(", ")}});`;
    this.edits.insert(0, `(function(${PARAMETERS}) {"use strict";${define}${this.loads.map((load) => ` ${load}`).join("")} `);
    this.edits.insert(this.source.length, "\n})");
    return this.edits;
  }

  /** The variable that holds a module's namespace; modules load in the order in which they are named. */
  private namespace(specifier: string): string {
    let variable = this.namespaces.get(specifier);
    if (variable === undefined) {
      variable = `${PREFIX}${this.namespaces.size + 1}`;
      this.namespaces.set(specifier, variable);
      this.loads.push(`const ${variable} = ${PREFIX}load(${JSON.stringify(specifier)});`);
    }
    return variable;
  }

  private importDeclaration(node: ImportDeclaration): void {
    const variable = this.namespace(String(node.source.value));
    for (const specifier of node.specifiers) {
      switch (specifier.type) {
        case "ImportNamespaceSpecifier":
          this.imported.set(specifier.local.name, variable);
          break;
        case "ImportDefaultSpecifier":
          this.imported.set(specifier.local.name, `${variable}.default`);
          break;
        case "ImportSpecifier":
          this.imported.set(specifier.local.name, member(variable, nameOf(specifier.imported)));
          break;
      }
    }
    this.edits.blank(node.start, node.end);
  }

  private exportDeclaration(node: AnyNode): void {
    switch (node.type) {
      case "ExportAllDeclaration": {
        const variable = this.namespace(String(node.source.value));
        if (node.exported) {
          this.exports.push([nameOf(node.exported), variable]);
        } else {
          this.loads.push(`${PREFIX}reexport(${variable});`);
        }
        this.edits.blank(node.start, node.end);
        break;
      }
      case "ExportNamedDeclaration":
        if (node.declaration) {
          declaredNames(node.declaration as AnyNode).forEach((name) => this.exports.push([name, name]));
          this.edits.blank(node.start, node.declaration.start);
        } else {
          const from = node.source ? this.namespace(String(node.source.value)) : undefined;
          for (const specifier of node.specifiers) {
            const local = nameOf(specifier.local);
            const expression = from === undefined ? (this.imported.get(local) ?? local) : member(from, local);
            this.exports.push([nameOf(specifier.exported), expression]);
          }
          this.edits.blank(node.start, node.end);
        }
        break;
      case "ExportDefaultDeclaration":
        this.exportDefault(node.start, node.end, node.declaration as AnyNode);
        break;
      default:
    }
  }

  private exportDefault(start: number, end: number, value: AnyNode): void {
    const variable = `${PREFIX}default`;
    const keywords = /^export(?:\s|\/\*[^]*?\*\/)+default/.exec(this.source.slice(start, value.start))![0].length;
    this.edits.blank(start, start + keywords);
    if (value.type === "FunctionDeclaration" || value.type === "ClassDeclaration") {
      const { id } = value as { id: { name: string } | null };
      this.exports.push(["default", id?.name ?? variable]);
      if (id) {
        return;
      }
      if (value.type === "FunctionDeclaration") {
        // Stays a hoisted declaration: the name goes in front of the parameters.
        this.edits.insert(this.source.indexOf("(", value.start), ` ${variable}`);
        this.loads.push(`Object.defineProperty(${variable}, "name", {value: "default", configurable: true});`);
        return;
      }
    } else {
      this.exports.push(["default", variable]);
    }
    // An anonymous function takes the name of the property that it is given to.
    this.edits.insert(start + keywords, ` const ${variable} = {default: (`);
    this.edits.insert(this.source[end - 1] === ";" ? end - 1 : end, ")}.default;");
  }

  private visit(node: AnyNode): void {
    if (node.type === "ImportDeclaration" || node.type === "ExportAllDeclaration") {
      return;
    }
    if (node.type === "ExportNamedDeclaration" && !node.declaration) {
      return;
    }
    this.rewrite(node);
    this.frames.push({ node, scope: scopeOf(node, this.frames.at(-1)?.node) });
    for (const child of children(node)) {
      if (!isName(node, child)) {
        this.visit(child);
      }
    }
    this.frames.pop();
  }

  private rewrite(node: AnyNode): void {
    switch (node.type) {
      case "Identifier":
        this.reference(node.name, node.start, node.end);
        break;
      case "ImportExpression":
        this.edits.replace(node.start, node.start + "import".length, `${PREFIX}import`);
        break;
      case "MetaProperty":
        if (node.meta.name === "import") {
          this.edits.replace(node.start, node.end, `${PREFIX}meta()`);
        }
        break;
      case "AwaitExpression":
        this.checkAwait();
        break;
      case "ForOfStatement":
        if (node.await) {
          this.checkAwait();
        }
        break;
      case "VariableDeclaration":
        if ((node.kind as string) === "await using") {
          this.checkAwait();
        }
        break;
      default:
    }
  }

  private checkAwait(): void {
    const inside = this.frames.some(
      ({ node }) =>
        node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression",
    );
    if (!inside) {
      throw new TopLevelAwait();
    }
  }

  private reference(name: string, start: number, end: number): void {
    const expression = this.imported.get(name);
    if (expression === undefined || this.frames.some(({ scope }) => scope?.has(name))) {
      return;
    }
    const parent = this.frames.at(-1)!.node;
    if (parent.type === "Property" && parent.shorthand) {
      this.edits.replace(start, end, `${name}: ${expression}`);
    } else if (isCallee(parent, start) && /[.[]/.test(expression)) {
      this.edits.replace(start, end, `${this.startsStatement(start) ? ";" : ""}(0, ${expression})`);
    } else {
      this.edits.replace(start, end, expression);
    }
  }

  /** Whether a parenthesis put there could be taken for a call's, because the statement before has no semicolon. */
  private startsStatement(start: number): boolean {
    for (let i = this.frames.length - 1; i > 0; i--) {
      const node = this.frames[i]!.node;
      if (node.type === "ExpressionStatement") {
        const container = this.frames[i - 1]!.node.type;
        return (
          node.start === start &&
          (container === "Program" || container === "BlockStatement" || container === "StaticBlock" || container === "SwitchCase")
        );
      }
    }
    return false;
  }
}

function member(variable: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${variable}.${name}` : `${variable}[${JSON.stringify(name)}]`;
}

function nameOf(node: AnyNode): string {
  return node.type === "Identifier" ? node.name : String((node as { value?: unknown }).value);
}

function isCallee(parent: AnyNode, start: number): boolean {
  return (
    (parent.type === "CallExpression" && (parent.callee as Expression).start === start) ||
    (parent.type === "TaggedTemplateExpression" && parent.tag.start === start)
  );
}

/** Whether an identifier child is a mere name: of a property, a label, a class member. */
function isName(parent: AnyNode, child: AnyNode): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return !parent.computed && child === parent.property;
    case "Property":
      return !parent.computed && child === parent.key; // of a shorthand, the value is a node of its own
    case "MethodDefinition":
    case "PropertyDefinition":
      return !parent.computed && child === parent.key;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return child === parent.label;
    case "MetaProperty":
      return true;
    default:
      return false;
  }
}

/** @throws SyntaxError of acorn (with `loc`), {@link TopLevelAwait} */
export function transform(source: string): Edits {
  const program = parse(source, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
  return new Transformer(source, program).run();
}
