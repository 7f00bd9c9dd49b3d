// A rule in the operator's editor: the proposal as YAML to change, and what came back as a payload or as errors.

import { stringify } from "yaml";

import { ruleHost } from "#domain/definition/egress.ts";
import { isPlainPath, isRuleHost } from "#domain/egress/table.ts";
import type { Problem } from "#domain/problem/problem.ts";
import { checkYaml, type Complaint } from "#domain/problem/schema-problems.ts";
import { readYaml } from "#domain/yaml-text.ts";

import { isFinding, isFindingKind } from "./approved-exception.ts";
import { describeProposal, describeRule } from "./describe.ts";
import { dockerfileProblems } from "./dockerfile-problems.ts";
import { CapabilityBlockPayload, EgressBlockPayload, type Proposal, QuestionPayload } from "./proposal.ts";

export type Edited =
  | { readonly ok: true; readonly payload: EgressBlockPayload | CapabilityBlockPayload | QuestionPayload }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What an operator may change of a rule; the request that led to it is no part of it. */
const EditableRule = EgressBlockPayload.pick({
  host: true,
  port: true,
  methods: true,
  path_allowlist: true,
  auth: true,
});

/** The text to edit: comments say what the fields mean. */
export function editText(proposal: Proposal): string {
  if (proposal.kind === "question") return stringify(proposal.payload);
  if (proposal.kind === "capability-block") return proposal.payload.dockerfile;
  if (isFinding(proposal)) {
    const head = describeProposal(proposal).meaning.map((sentence) => `# ${sentence}\n`);
    return `${head.join("")}# ${FIXED}\n${stringify(proposal.payload, { lineWidth: 0 })}`;
  }
  const rule = ruleOf(proposal.payload);
  const head = [
    `# ${describeRule(rule)}`,
    "# host: a name, or *.name for every name below it    port: 443 unless given",
    "# methods: [GET, POST]    path_allowlist: [/below/this/]    (leave out for all of them)",
  ];
  return `${head.join("\n")}\n${stringify(rule, { lineWidth: 0 })}`;
}

const FIXED = "a finding is approved or rejected as it is; there is nothing to change in it";

/** Problems name the line and the field; a rule that the proxy would refuse is refused here already. */
export function validateEdit(kind: Proposal["kind"], text: string): Edited {
  if (isFindingKind(kind)) {
    return { ok: false, problems: [{ severity: "error", path: "edit", field: "payload", message: FIXED }] };
  }
  if (kind === "capability-block") return validateDockerfile(text);
  const read = readYaml(text, { path: "edit" });
  if (!read.ok) return read;
  const checked =
    kind === "question"
      ? checkYaml(QuestionPayload, read.yaml)
      : checkYaml(EditableRule, read.yaml, { complaints: complaints(read.yaml.value) });
  return checked.ok ? { ok: true, payload: checked.value } : checked;
}

/** The whole file is the payload. There is no build context, so what would copy from one is refused here already. */
function validateDockerfile(text: string): Edited {
  const checked = CapabilityBlockPayload.safeParse({ dockerfile: text });
  const messages = checked.success
    ? dockerfileProblems(text)
    : checked.error.issues.map(({ message }) => ({ line: undefined, message }));
  if (!checked.success || messages.length > 0) {
    return {
      ok: false,
      problems: messages.map(({ line, message }) => ({
        severity: "error" as const,
        path: "edit",
        field: "dockerfile",
        message,
        ...(line === undefined ? {} : { line }),
      })),
    };
  }
  return { ok: true, payload: checked.data };
}

/** A payload given as an object (`approve --set`), under the same rules. */
export function validatePayload(kind: Proposal["kind"], payload: unknown): Edited {
  if (kind === "capability-block") {
    const text = (payload as { dockerfile?: unknown } | null)?.dockerfile;
    return validateDockerfile(typeof text === "string" ? text : "");
  }
  return validateEdit(kind, stringify(payload, { lineWidth: 0 }));
}

/** The rule alone, without the request that led to it. */
export function ruleOf(payload: EgressBlockPayload): EgressBlockPayload {
  const { host, port, methods, path_allowlist, auth } = payload;
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(methods === undefined ? {} : { methods }),
    ...(path_allowlist === undefined ? {} : { path_allowlist }),
    ...(auth === undefined ? {} : { auth }),
  };
}

/** What the table demands beyond the schema. */
function complaints(value: unknown): Complaint[] {
  const { host, path_allowlist } =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const found: Complaint[] = [];
  if (typeof host === "string" && !isRuleHost(ruleHost(host))) {
    found.push({
      path: ["host"],
      message: "must be a name such as api.example.com, or *. and a name; an address is never a rule",
    });
  }
  for (const [index, path] of (Array.isArray(path_allowlist) ? path_allowlist : []).entries()) {
    if (typeof path === "string" && path.startsWith("/") && !isPlainPath(path)) {
      found.push({
        path: ["path_allowlist", index],
        message: "must be a plain path: no query, no dots, no escapes of them",
      });
    }
  }
  return found;
}
