// Small forms over the dashboard, and what their fields mean when they are sent.

import { wrap } from "#components/rows.ts";
import { targetOf } from "#components/tabs/egress/request-row.ts";
import type { LaunchRequest, Preflight } from "#contracts/console.ts";
import type { EgressRequest } from "#domain/egress/control.ts";
import type { InboxItem } from "#domain/fleet/fleet.ts";
import { isAlarm } from "#domain/fleet/urgency.ts";
import { plainLine, plainLines } from "#domain/plain-text.ts";
import { EgressBlockPayload } from "#domain/proposal/proposal.ts";

import type { FormField, FormLayer, Size } from "./view.ts";

/** `title` is the rule or the question in one line. */
export function rejectForm({ proposal }: InboxItem, title: string): FormLayer {
  const { id, digest, bottle_slug } = proposal;
  const head = isAlarm(proposal)
    ? "Looked at: what you found is written into the audit"
    : "Reject: the agent reads why";
  const reason = {
    name: "reason",
    label: "reason",
    value: "",
    hint: isAlarm(proposal)
      ? "for example: stopped the bottle"
      : "for example: use the mirror on pypi.internal instead",
  };
  return {
    ...form({ type: "reject", id, digest }, head, [reason]),
    about: [`${plainLine(bottle_slug)}: ${plainLine(title)}`],
  };
}

/** Only with a reason: Enter alone takes nothing back. */
export function takeBackForm(slug: string, request: EgressRequest): FormLayer {
  const reason = { name: "reason", label: "reason", value: "", hint: "for the audit; the agent reads it too" };
  return {
    ...form({ type: "take-back", slug, request }, "Take back the rule that allowed this", [reason]),
    about: [
      `${request.method.slice(0, 20)} ${targetOf(request)}`,
      `Allowed by: ${plainLine(request.rule)}`,
      "Open connections that only this rule allows are cut.",
    ],
  };
}

/** As much of the question as there is room for beside its options. */
export function answerForm({ proposal }: InboxItem, size: Size): FormLayer {
  const { id, digest } = proposal;
  const options = proposal.kind === "question" ? (proposal.payload.options ?? []).map(plainLine) : [];
  const hint = options.length === 0 ? "your answer" : `a number from 1 to ${options.length}, or your own words`;
  const text = proposal.kind === "question" ? plainLines(proposal.payload.text) : [];
  const asked = text.flatMap((line) => wrap(line, size.cols - 4)).map((row) => row.map((part) => part.text).join(""));
  const room = Math.max(1, Math.min(10, size.rows - 12 - options.length));
  const about = asked.length <= room ? asked : [...asked.slice(0, room - 1), "… Esc, then i shows the whole question"];
  return {
    ...form({ type: "answer", id, digest, options }, `Answer ${plainLine(proposal.bottle_slug)}`, [
      { name: "answer", label: "answer", value: "", hint },
    ]),
    about,
  };
}

export function editForm({ proposal }: InboxItem): FormLayer {
  const { id, digest } = proposal;
  const rule: Partial<EgressBlockPayload> = proposal.kind === "egress-block" ? proposal.payload : {};
  return form({ type: "edit", id, digest }, "Approve a changed rule", [
    { name: "host", label: "host", value: plainLine(rule.host ?? ""), hint: "api.example.com" },
    { name: "port", label: "port", value: String(rule.port ?? 443), hint: "443" },
    { name: "methods", label: "methods", value: (rule.methods ?? []).join(" "), hint: "any method; or GET HEAD" },
    {
      name: "paths",
      label: "paths",
      value: (rule.path_allowlist ?? []).map(plainLine).join(" "),
      hint: "any path; or prefixes such as /v1/ /health",
    },
  ]);
}

export function labelForm(request: LaunchRequest): FormLayer {
  return form({ type: "label", request }, `Start ${request.agent}`, [
    { name: "label", label: "label", value: request.label ?? "", hint: "what this one is for (may stay empty)" },
  ]);
}

export function launchAnswersForm({ request, questions }: Preflight): FormLayer {
  const fields = questions.map(({ name, prompt }) => ({
    name,
    label: plainLine(prompt),
    value: "",
    hint: `for ${name}; never shown or stored`,
    secret: true,
  }));
  return form({ type: "launch-answers", request }, "The bottle asks for", fields);
}

function form(purpose: FormLayer["purpose"], title: string, fields: readonly FormField[]): FormLayer {
  return { type: "form", purpose, title, about: [], fields, index: 0, error: null };
}

export function fieldValue(fields: readonly FormField[], name: string): string {
  return fields.find((field) => field.name === name)?.value.trim() ?? "";
}

/** What the agent reads: the chosen option by number, or the operator's words. */
export function answerText(answer: string, options: readonly string[]): string {
  const chosen = /^\d+$/.test(answer) ? options[Number(answer) - 1] : undefined;
  return chosen ?? answer;
}

export type EditedRule =
  | { readonly ok: true; readonly payload: EgressBlockPayload }
  | { readonly ok: false; readonly error: string };

/** The rule that the form's fields say; everything else of the proposal stays. */
export function editedRule(fields: readonly FormField[], original: EgressBlockPayload): EditedRule {
  const { methods: _methods, path_allowlist: _paths, port: _port, ...kept } = original;
  const port = fieldValue(fields, "port");
  const methods = words(fieldValue(fields, "methods")).map((word) => word.toUpperCase());
  const paths = words(fieldValue(fields, "paths"));
  const parsed = EgressBlockPayload.safeParse({
    ...kept,
    host: fieldValue(fields, "host").toLowerCase(),
    ...(port === "" || port === "443" ? {} : { port: Number(port) }),
    ...(methods.length === 0 ? {} : { methods }),
    ...(paths.length === 0 ? {} : { path_allowlist: paths }),
  });
  if (parsed.success) return { ok: true, payload: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, error: `${String(issue?.path[0] ?? "rule")}: ${issue?.message ?? "is not valid"}` };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}
