// Comments that silence a tool must say why: after ` -- ` for linters, after the directive for the compiler.

const linter = /(?:ox|es)lint-disable(?:-next-line|-line)?\b(?<rest>.*)/;
const compiler = /@ts-(?:expect-error|ignore|nocheck)\b(?<rest>.*)/;
const formatter = /oxfmt-ignore\b(?<rest>.*)|(?:v8|c8|istanbul) ignore\b(?<more>.*)/;

/** Numbers (from 1) of the lines whose suppression has no reason. */
export function unexplainedSuppressions(text: string): number[] {
  return text.split("\n").flatMap((line, index) => (isExplained(line) ? [] : [index + 1]));
}

function isExplained(line: string): boolean {
  if (!/(?:\/\/|\/\*|\{\/\*)/.test(line)) return true;
  const silenced = linter.exec(line) ?? formatter.exec(line);
  if (silenced !== null) return / -- \S+ \S+/.test(silenced[0]);
  const compiled = compiler.exec(line);
  return compiled === null || /\w+\W+\w+/.test(compiled.groups?.["rest"] ?? "");
}
