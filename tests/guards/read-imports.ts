// The imports that a source file really has: static, dynamic, re-exports, types, `import("…")` types and require.

import { parseSync, Visitor, type ImportDeclarationSpecifier } from "oxc-parser";

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** What is taken of it by name. */
  readonly names: readonly string[];
}

/** Throws when the text is no TypeScript. */
export function readImports(path: string, text: string): Import[] {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (source: unknown, names: readonly string[] = []): void => {
    if (isText(source)) found.push({ specifier: source.value, line: lineOf(text, source.start), names });
  };
  new Visitor({
    ImportDeclaration: ({ source, specifiers }) => add(source, specifiers.flatMap(importedName)),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    CallExpression: (node) => {
      if (node.callee.type === "Identifier" && node.callee.name === "require") add(node.arguments[0]);
    },
  }).visit(program);
  return found;
}

function importedName(specifier: ImportDeclarationSpecifier): string[] {
  if (specifier.type !== "ImportSpecifier") return [];
  const { imported } = specifier;
  return [imported.type === "Identifier" ? imported.name : imported.value];
}

function isText(node: unknown): node is { value: string; start: number } {
  const literal = node as { type?: string; value?: unknown } | null | undefined;
  return literal?.type === "Literal" && typeof literal.value === "string";
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
