// A proposal's rule with single fields replaced: `approve --set field=value`.

import { BottleError } from "#domain/bottle-error.ts";
import { nearestOf } from "#domain/problem/nearest.ts";
import { problemsError } from "#domain/problem/problem.ts";
import type { EgressBlockPayload } from "#domain/proposal/proposal.ts";
import { ruleOf, validatePayload, type Edited } from "#domain/proposal/validate-edit.ts";

import { parseAssignment } from "./option-values.ts";

const FIELDS = ["host", "port", "methods", "path_allowlist"] as const;
type Field = (typeof FIELDS)[number];

/** Lists are separated by commas, an empty value takes the field away. Throws `usage`, or `invalid` for what can be no rule. */
export function changedRule(
  rule: EgressBlockPayload,
  assignments: readonly string[],
): (Edited & { ok: true })["payload"] {
  const changes = assignments
    .map((text) => parseAssignment(text, "--set"))
    .map(({ name, value }) => [demandField(name), value] as const);
  const changed: Record<string, unknown> = { ...ruleOf(rule) };
  for (const [field, value] of changes) {
    if (value === "") delete changed[field];
    else changed[field] = fieldValue(field, value);
  }
  const checked = validatePayload("egress-block", changed);
  if (checked.ok) return checked.payload;
  throw problemsError(checked.problems.map(({ line: _line, ...problem }) => ({ ...problem, path: "--set" })));
}

function demandField(name: string): Field {
  const field = FIELDS.find((known) => known === name);
  if (field !== undefined) return field;
  const nearest = nearestOf(name, FIELDS);
  throw new BottleError(
    "usage",
    `${JSON.stringify(name)} cannot be set${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`,
    {
      hint: `set one of ${FIELDS.join(", ")}`,
    },
  );
}

function fieldValue(field: Field, value: string): unknown {
  switch (field) {
    case "host":
      return value.trim().toLowerCase().replace(/\.$/, "");
    case "port":
      return /^\d+$/.test(value) ? Number(value) : value;
    case "methods":
      return value.split(",").map((method) => method.trim().toUpperCase());
    case "path_allowlist":
      return value.split(",").map((path) => path.trim());
  }
}
