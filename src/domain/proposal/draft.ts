// A proposal's rule while the operator changes it: single fields, or the whole as YAML in an editor.

import { parseDocument, stringify } from "yaml";
import type * as z from "zod";

import { BottleError } from "#domain/bottle-error.ts";
import { hostProblem, ruleHost } from "#domain/definition/egress.ts";
import { plainLine, plainLines } from "#domain/plain-text.ts";
import { nearestOf } from "#domain/problem/nearest.ts";

import { EgressBlockPayload, type Proposal } from "./proposal.ts";

/** What of an egress proposal is a rule; the rest describes the request that led to it. */
export const EgressRule = EgressBlockPayload.pick({ host: true, port: true, methods: true, path_allowlist: true, auth: true });
export type EgressRule = z.infer<typeof EgressRule>;

const FIELDS = ["host", "port", "methods", "path_allowlist"] as const;

export function ruleOf({ host, port, methods, path_allowlist, auth }: EgressBlockPayload): EgressRule {
  return {
    host,
    ...(port !== undefined && { port }),
    ...(methods !== undefined && { methods }),
    ...(path_allowlist !== undefined && { path_allowlist }),
    ...(auth !== undefined && { auth }),
  };
}

/** `rule` with one field replaced; lists are separated by commas, an empty value takes the field away. Throws `invalid`. */
export function withField(rule: EgressRule, name: string, value: string): EgressRule {
  const field = FIELDS.find((known) => known === name);
  if (field === undefined) {
    const nearest = nearestOf(name, FIELDS);
    throw new BottleError("invalid", `${JSON.stringify(name)} cannot be set${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`, {
      hint: `set one of ${FIELDS.join(", ")}`,
    });
  }
  const { [field]: _before, ...rest } = rule;
  return checkRule(value === "" ? rest : { ...rest, [field]: fieldValue(field, value) });
}

function fieldValue(field: (typeof FIELDS)[number], value: string): unknown {
  switch (field) {
    case "host":
      return value.trim();
    case "port":
      return Number(value);
    case "methods":
      return value.split(",").map((method) => method.trim().toUpperCase());
    case "path_allowlist":
      return value.split(",").map((path) => path.trim());
  }
}

/** What opens in the editor: comments on top, then the rule, or for a question the place for the answer. */
export function renderDraft(proposal: Proposal): string {
  const said = plainLines(proposal.justification).filter((line) => line.trim() !== "");
  const head = [
    `Proposal ${proposal.id} of ${proposal.bottle_slug}`,
    ...(said.length === 0 ? [] : ["The agent says:", ...said.map((line) => `  ${line}`)]),
  ];
  switch (proposal.kind) {
    case "egress-block": {
      const hints = ["Save a changed rule to approve it; leave it unchanged to do nothing.", "Without methods: any method. Without path_allowlist: any path."];
      return `${comments([...head, ...hints])}${stringify(ruleOf(proposal.payload), { schema: "core", lineWidth: 0 })}`;
    }
    case "question": {
      const { text, options = [] } = proposal.payload;
      const asked = [...plainLines(text), ...options.map((option) => `- ${plainLine(option)}`)];
      return `${comments([...head, "It asks:", ...asked.map((line) => `  ${line}`), "Write the answer below; leave it empty to do nothing."])}\n`;
    }
    default:
      return proposal satisfies never;
  }
}

/** The rule in an edited draft. Throws `invalid`, naming `file` and the line or the field. */
export function parseRuleDraft(text: string, file: string): EgressRule {
  const document = parseDocument(text, { schema: "core", uniqueKeys: true, stringKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const line = broken.linePos?.[0].line;
    const what = broken.message.split("\n")[0] ?? "is no YAML";
    throw new BottleError("invalid", what.replace(/ at line \d+.*$/, ""), { where: line === undefined ? file : `${file}:${line}`, cause: broken });
  }
  return checkRule(document.toJS({ maxAliasCount: 0 }), file);
}

/** The answer in an edited draft: everything below the comments, trimmed. */
export function parseAnswerDraft(text: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => !line.startsWith("#"));
  return first === -1 ? "" : lines.slice(first).join("\n").trim();
}

function checkRule(value: unknown, file?: string): EgressRule {
  const checked = EgressRule.safeParse(value);
  if (!checked.success) throw unfit(checked.error.issues[0], file);
  const wrong = hostProblem(checked.data.host);
  if (wrong !== undefined) throw new BottleError("invalid", `host: ${JSON.stringify(checked.data.host)} ${wrong}`, file === undefined ? {} : { where: file });
  return { ...checked.data, host: ruleHost(checked.data.host) };
}

function unfit(issue: z.core.$ZodIssue | undefined, file: string | undefined): BottleError {
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const nearest = nearestOf(key, FIELDS);
    return new BottleError("invalid", `${key}: is no field of a rule${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`, {
      ...(file !== undefined && { where: file }),
      hint: `a rule has ${FIELDS.join(", ")}`,
    });
  }
  const field = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return new BottleError("invalid", `${field}${issue?.message ?? "is no rule"}`, file === undefined ? {} : { where: file });
}

function comments(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}`.trimEnd()).join("\n") + "\n";
}
